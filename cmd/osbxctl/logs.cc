// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <mutex>
#include <optional>
#include <thread>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "resources.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

// As kubectl: more would be more connections than a person reads.
constexpr std::size_t kMostFollowed = 5;

struct Options {
  std::string sandbox;
  std::string selector;
  bool follow = false;
  bool previous = false;
  bool prefix = false;
  bool timestamps = false;
  int tail = -1;
  std::int64_t limit_bytes = -1;
  std::string since;
  std::string since_time;
  int since_seconds = 0;
};

Result<std::string> QueryOf(const Options& options) {
  std::string query = "?";
  const auto add = [&query](const char* name, const std::string& value) {
    query += (query.size() == 1 ? "" : "&") + std::string(name) + "=" + client::UrlEncode(value);
  };
  if (options.follow) add("follow", "true");
  if (options.previous) add("previous", "true");
  if (options.timestamps) add("timestamps", "true");
  if (options.tail >= 0) add("tailLines", std::to_string(options.tail));
  if (options.limit_bytes >= 0) add("limitBytes", std::to_string(options.limit_bytes));
  if (!options.since_time.empty()) add("sinceTime", options.since_time);
  std::int64_t seconds = options.since_seconds;
  if (!options.since.empty()) {
    OSBX_TRY(const std::chrono::milliseconds since, ParseDuration(options.since));
    seconds = (since.count() + 999) / 1000;
  }
  if (seconds > 0) add("sinceSeconds", std::to_string(seconds));
  return query.size() == 1 ? "" : query;
}

bool Write(std::string_view bytes) {
  return std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size() &&
         std::fflush(stdout) == 0;
}

Result<> One(client::RestClient& client, const std::string& path) {
  return client.StreamBytes({.path = path, .accept = "*/*"}, Write);
}

// Each line with the sandbox it is from; lines of several do not mix.
Result<> Prefixed(client::RestClient& client, const std::string& path, const std::string& name,
                  std::mutex& printing) {
  const std::string prefix = "[sandbox/" + name + "] ";
  return client.StreamLines({.path = path, .accept = "*/*"}, [&](std::string_view line) {
    const std::scoped_lock lock(printing);
    return Write(prefix + std::string(line) + "\n");
  });
}

Result<std::vector<std::string>> Names(client::RestClient& client, const Options& options,
                                       const std::string& ns) {
  std::vector<std::string> names;
  const std::string path = SandboxPath(ns, "");
  OSBX_TRY(const Json list, client.DoJson({.path = path.substr(0, path.size() - 1) + "?" +
                                                   SelectorQuery(options.selector, "")}));
  for (const Json& item : list.value("items", Json::array()))
    names.push_back(item.value("/metadata/name"_json_pointer, ""));
  return names;
}

Result<int> Several(client::RestClient& client, const Options& options, const std::string& ns,
                    const std::string& query) {
  OSBX_TRY(const std::vector<std::string> names, Names(client, options, ns));
  if (names.empty()) std::fprintf(stderr, "No resources found in %s namespace.\n", ns.c_str());
  if (options.follow && names.size() > kMostFollowed) {
    return Error(Code::kInvalid, "the selector matches " + std::to_string(names.size()) +
                                     " sandboxes; at most " + std::to_string(kMostFollowed) +
                                     " can be followed at a time");
  }
  std::mutex printing;
  std::vector<Result<>> results(names.size());
  const auto run = [&](std::size_t i, client::RestClient& connection) {
    const std::string path = SandboxPath(ns, names[i]) + "/log" + query;
    results[i] = options.prefix || options.follow ? Prefixed(connection, path, names[i], printing)
                                                  : One(connection, path);
  };
  if (options.follow) {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < names.size(); ++i) {
      threads.emplace_back([&, i] {
        auto connection = client.Clone();
        if (connection) run(i, *connection);
      });
    }
  } else {
    for (std::size_t i = 0; i < names.size(); ++i) run(i, client);
  }
  int code = kOk;
  for (const Result<>& result : results) {
    if (!result) code = Fail(result.error());
  }
  return code;
}

Result<int> Logs(Context& context, const Options& options) {
  if (options.sandbox.empty() == options.selector.empty())
    return Error(Code::kInvalid, "name a sandbox, or choose some with -l");
  OSBX_TRY(const std::string query, QueryOf(options));
  OSBX_TRY(client::RestClient * client, context.Client());
  if (!options.selector.empty()) return Several(*client, options, context.Namespace(), query);
  OSBX_TRY(const std::string name, SandboxName(options.sandbox));
  const std::string path = SandboxPath(context.Namespace(), name) + "/log" + query;
  std::mutex printing;
  OSBX_CHECK(options.prefix ? Prefixed(*client, path, name, printing) : One(*client, path));
  return kOk;
}

}  // namespace

std::function<int()> DeclareLogs(CLI::App& command, Context& context) {
  auto options = std::make_shared<Options>();
  command.add_option("sandbox", options->sandbox, "Name of the sandbox, or sandbox/NAME");
  command.add_option("-l,--selector", options->selector, "Label selector, instead of a name");
  command.add_flag("-f,--follow", options->follow, "Go on printing until the sandbox ends");
  command.add_flag("-p,--previous", options->previous, "Of the container before a restart");
  command.add_flag("--prefix", options->prefix, "Begin each line with the sandbox it is from");
  command.add_flag("--timestamps", options->timestamps, "Begin each line with its time");
  command.add_option("--tail", options->tail, "Only the last lines");
  command.add_option("--since", options->since, "Only what is newer than this: 90s, 5m, 2h")
      ->excludes(command.add_option("--since-time", options->since_time,
                                    "Only what is newer than this time (RFC 3339)"));
  command.add_option("--since-seconds", options->since_seconds, "The same as --since, in seconds");
  command.add_option("--limit-bytes", options->limit_bytes, "At most so many bytes");
  return [options, &context] { return Finish(Logs(context, *options)); };
}

}  // namespace osbx::ctl
