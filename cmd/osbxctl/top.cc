// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "resources.h"
#include "table.h"
#include "terminal.h"
#include "usage.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

using Clock = std::chrono::steady_clock;

// Between two looks at the CPU counters: short enough to wait for, long enough to mean something.
constexpr auto kInterval = std::chrono::milliseconds(1000);

struct Options {
  std::string type;
  std::vector<std::string> names;
  std::string selector;
  std::string sort_by;
  bool all_namespaces = false;
  bool no_headers = false;
};

struct Sample {
  std::string ns;
  std::string name;
  Json first;
  Clock::time_point taken;
  Usage usage;
};

Result<std::vector<Sample>> Choose(client::RestClient& client, const Options& options,
                                   const std::string& ns) {
  std::vector<Sample> out;
  out.reserve(options.names.size());
  for (const std::string& name : options.names) out.push_back({.ns = ns, .name = name});
  if (!out.empty()) return out;
  const Resource sandboxes{.group = "osbx.dev",
                           .version = "v1",
                           .kind = "Sandbox",
                           .plural = "sandboxes",
                           .singular = "sandbox",
                           .short_names = {},
                           .categories = {},
                           .namespaced = true};
  OSBX_TRY(const Json list, ListObjects(client, sandboxes, options.all_namespaces ? "" : ns,
                                        SelectorQuery(options.selector, "status.phase=Running")));
  for (const Json& item : list["items"]) {
    out.push_back({.ns = item.value("/metadata/namespace"_json_pointer, ""),
                   .name = item.value("/metadata/name"_json_pointer, "")});
  }
  return out;
}

// Two looks at each, side by side in time. One that ends meanwhile is left out when all were asked
// for, and an error when it was named.
Result<> Measure(client::RestClient& client, bool named, std::vector<Sample>& samples) {
  for (auto sample = samples.begin(); sample != samples.end();) {
    auto stats = client.DoJson({.path = SandboxPath(sample->ns, sample->name) + "/stats"});
    if (!stats && named) return std::move(stats).error();
    if (!stats) {
      sample = samples.erase(sample);
      continue;
    }
    sample->first = std::move(*stats);
    sample->taken = Clock::now();
    ++sample;
  }
  for (auto sample = samples.begin(); sample != samples.end();) {
    std::this_thread::sleep_until(sample->taken + kInterval);
    auto stats = client.DoJson({.path = SandboxPath(sample->ns, sample->name) + "/stats"});
    const auto apart = std::chrono::nanoseconds(Clock::now() - sample->taken).count();
    if (!stats && named) return std::move(stats).error();
    if (!stats) {
      sample = samples.erase(sample);
      continue;
    }
    sample->usage = UsageBetween(sample->first, *stats, apart);
    ++sample;
  }
  return {};
}

void Print(const Options& options, const std::vector<Sample>& samples) {
  Rows rows;
  const auto add = [&](const std::string& ns, std::vector<std::string> cells) {
    if (options.all_namespaces) cells.insert(cells.begin(), ns);
    rows.push_back(std::move(cells));
  };
  if (!options.no_headers)
    add("NAMESPACE", {"NAME", "CPU(cores)", "MEMORY(bytes)", "MEMORY%", "PIDS"});
  for (const Sample& sample : samples) {
    const Usage& usage = sample.usage;
    add(sample.ns, {sample.name, CpuText(usage.cpu_millis), MemoryText(usage.memory_bytes),
                    PercentText(usage), std::to_string(usage.pids)});
  }
  std::fputs(FormatTable(rows, {.colour = ColourOnOutput(), .header = !options.no_headers}).c_str(),
             stdout);
}

Result<int> Top(Context& context, Options options) {
  if (const auto slash = options.type.find('/'); slash != std::string::npos) {
    OSBX_TRY(const std::string name, SandboxName(options.type));
    options.names.insert(options.names.begin(), name);
  } else {
    OSBX_CHECK(SandboxName(options.type + "/x"));  // is the type one of sandboxes
  }
  OSBX_TRY(client::RestClient * client, context.Client());
  OSBX_TRY(std::vector<Sample> samples, Choose(*client, options, context.Namespace()));
  if (samples.empty()) {
    std::fprintf(stderr,
                 options.all_namespaces ? "No running sandboxes found\n"
                                        : "No running sandboxes found in %s namespace.\n",
                 context.Namespace().c_str());
    return kOk;
  }
  {
    Progress progress;
    progress.Say("a second look at the counters");
    OSBX_CHECK(Measure(*client, !options.names.empty(), samples));
  }
  if (options.sort_by == "cpu")
    std::ranges::stable_sort(samples, std::greater{},
                             [](const Sample& sample) { return sample.usage.cpu_millis; });
  if (options.sort_by == "memory")
    std::ranges::stable_sort(samples, std::greater{},
                             [](const Sample& sample) { return sample.usage.memory_bytes; });
  Print(options, samples);
  return kOk;
}

}  // namespace

std::function<int()> DeclareTop(CLI::App& command, Context& context) {
  auto options = std::make_shared<Options>();
  command.add_option("type", options->type, "sandboxes, or sandbox/NAME")->required();
  command.add_option("names", options->names, "Names; none: all that run");
  command.add_option("-l,--selector", options->selector, "Label selector");
  command.add_option("--sort-by", options->sort_by, "cpu or memory, largest first")
      ->check(CLI::IsMember({"cpu", "memory"}));
  command.add_flag("-A,--all-namespaces", options->all_namespaces, "All namespaces");
  command.add_flag("--no-headers", options->no_headers, "No header line");
  return [options, &context] { return Finish(Top(context, *options)); };
}

}  // namespace osbx::ctl
