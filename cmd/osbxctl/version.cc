// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "api/yaml.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

struct Options {
  bool client_only = false;
  std::string output;
};

void Print(const Options& options, const Json& versions) {
  if (options.output == "json") {
    std::printf("%s\n", versions.dump(2).c_str());
  } else if (options.output == "yaml") {
    std::fputs(api::ToYaml(versions).c_str(), stdout);
  } else {
    std::printf("Client Version: %s\n",
                versions.value("/clientVersion/gitVersion"_json_pointer, "").c_str());
    if (versions.contains("serverVersion")) {
      std::printf("Server Version: %s\n",
                  versions.value("/serverVersion/gitVersion"_json_pointer, "").c_str());
    }
  }
}

// The client's version is told even when the server cannot be asked.
Result<int> Version(Context& context, const Options& options) {
  Json versions{{"clientVersion", {{"gitVersion", "v" OSBX_VERSION}}}};
  if (options.client_only) {
    Print(options, versions);
    return kOk;
  }
  OSBX_TRY(client::RestClient * client, context.Client());
  Result<Json> server = client->DoJson({.path = "/version"});
  if (server) versions["serverVersion"] = std::move(*server);
  Print(options, versions);
  if (!server) return std::move(server).error();
  return kOk;
}

}  // namespace

std::function<int()> DeclareVersion(CLI::App& command, Context& context) {
  auto options = std::make_shared<Options>();
  command.add_flag("--client", options->client_only, "Do not ask the server");
  command.add_option("-o,--output", options->output, "yaml or json")
      ->check(CLI::IsMember({"yaml", "json"}));
  return [options, &context] { return Finish(Version(context, *options)); };
}

}  // namespace osbx::ctl
