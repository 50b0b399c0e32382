// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "verbs.h"

namespace osbx::ctl {

std::function<int()> DeclareVersion(CLI::App& command, Context& context) {
  auto client_only = std::make_shared<bool>(false);
  command.add_flag("--client", *client_only, "Do not ask the server");
  return [client_only, &context] {
    std::printf("osbxctl %s\n", OSBX_VERSION);
    if (*client_only) return kOk;
    auto client = context.Client();
    if (!client) return Fail(client.error());
    const auto version = (*client)->DoJson({.path = "/version"});
    if (!version) return Fail(version.error());
    std::printf("osbxd   %s\n", version->value("gitVersion", "").c_str());
    return kOk;
  };
}

}  // namespace osbx::ctl
