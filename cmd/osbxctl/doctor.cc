// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "table.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

Result<int> Doctor(Context& context, bool fix) {
  OSBX_TRY(client::RestClient * client, context.Client());
  OSBX_TRY(const Json report,
           client->DoJson({.method = fix ? "POST" : "GET",
                           .path = std::string("/debug/doctor") + (fix ? "?fix=true" : "")}));
  const Json findings = report.value("findings", Json::array());
  if (findings.empty()) {
    std::printf("nothing to repair\n");
    return kOk;
  }
  Rows rows{{"FINDING", "OBJECT", "MESSAGE", "REMEDY"}};
  for (const Json& finding : findings) {
    rows.push_back({finding.value("kind", ""), finding.value("object", ""),
                    finding.value("message", ""), finding.value("remedy", "")});
  }
  std::fputs(FormatTable(rows).c_str(), stdout);
  return fix ? kOk : kFailed;
}

}  // namespace

std::function<int()> DeclareDoctor(CLI::App& command, Context& context) {
  auto fix = std::make_shared<bool>(false);
  command.add_flag("--fix", *fix, "Repair what osbxd does not repair by itself");
  return [fix, &context] {
    const auto code = Doctor(context, *fix);
    return code ? *code : Fail(code.error());
  };
}

}  // namespace osbx::ctl
