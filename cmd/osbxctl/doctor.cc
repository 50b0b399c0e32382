// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "api/yaml.h"
#include "table.h"
#include "terminal.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

struct Options {
  bool fix = false;
  std::string output;
};

void PrintFindings(const Json& findings) {
  Rows rows{{"FINDING", "OBJECT", "MESSAGE", "REMEDY"}};
  for (const Json& finding : findings) {
    std::vector<std::string>& row = rows.emplace_back();
    for (const char* member : {"kind", "object", "message", "remedy"})
      row.push_back(CellText(finding.value(member, Json())));
  }
  std::fputs(FormatTable(rows, {.colour = ColourOnOutput(), .header = true}).c_str(), stdout);
}

Result<int> Doctor(Context& context, const Options& options) {
  OSBX_TRY(client::RestClient * client, context.Client());
  OSBX_TRY(const Json report,
           client->DoJson({.method = options.fix ? "POST" : "GET", .path = "/debug/doctor"}));
  const Json findings = report.value("findings", Json::array());
  // What was removed just now is no fault any more.
  const bool healthy = std::ranges::all_of(
      findings, [](const Json& finding) { return finding.value("remedy", "") == "removed"; });
  if (options.output == "json") {
    std::printf("%s\n", report.dump(4).c_str());
  } else if (options.output == "yaml") {
    std::fputs(api::ToYaml(report).c_str(), stdout);
  } else if (findings.empty()) {
    const std::string node = report.value("node", "");
    std::printf(
        "%sstore, Docker, mounts, FUSE processes and directories agree: nothing to repair\n",
        node.empty() ? "" : (node + ": ").c_str());
  } else {
    PrintFindings(findings);
    std::fflush(stdout);
    std::fprintf(stderr, "%zu finding%s%s\n", findings.size(), findings.size() == 1 ? "" : "s",
                 healthy ? ", all repaired" : "; osbxctl explain FINDING tells what one means");
  }
  return healthy ? kOk : kFailed;
}

}  // namespace

std::function<int()> DeclareDoctor(CLI::App& command, Context& context) {
  auto options = std::make_shared<Options>();
  command.add_flag(
      "--fix", options->fix,
      "Remove directories below the mount root that are empty and unused; the rest osbxd "
      "repairs by itself, or leaves to people");
  command.add_option("-o,--output", options->output, "yaml or json")
      ->check(CLI::IsMember({"yaml", "json"}));
  return [options, &context] { return Finish(Doctor(context, *options)); };
}

}  // namespace osbx::ctl
