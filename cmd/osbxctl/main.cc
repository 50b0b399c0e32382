// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include <CLI/CLI.hpp>

#include "context.h"
#include "verbs.h"

namespace {

std::string FromEnvironment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  return value == nullptr || *value == '\0' ? otherwise : value;
}

void AddGlobalOptions(CLI::App& app, osbx::ctl::GlobalOptions& options) {
  options.server = FromEnvironment("OSBX_SERVER", "http://127.0.0.1:8080");
  options.token = FromEnvironment("OSBX_TOKEN", "");
  options.ns = FromEnvironment("OSBX_NAMESPACE", "default");
  app.add_option("-s,--server", options.server,
                 "Address of osbxd: http(s)://HOST:PORT or unix:///PATH ($OSBX_SERVER)");
  app.add_option("--token", options.token, "API key of osbxd ($OSBX_TOKEN)");
  app.add_option("--certificate-authority", options.ca_file,
                 "PEM file of the CA that signed osbxd's certificate");
  app.add_flag("--insecure-skip-tls-verify", options.insecure, "Do not check osbxd's certificate");
  app.add_option("-n,--namespace", options.ns, "Namespace ($OSBX_NAMESPACE)")
      ->capture_default_str();
  app.add_option("--request-timeout", options.timeout_seconds, "Seconds to wait for one answer")
      ->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"osbxctl: sandboxes and volumes of osbxd"};
  app.require_subcommand(1);
  app.fallthrough();
  osbx::ctl::GlobalOptions options;
  AddGlobalOptions(app, options);
  osbx::ctl::Context context(options);  // reads them once they are parsed
  std::vector<std::pair<CLI::App*, std::function<int()>>> verbs;
  for (const osbx::ctl::Verb& verb : osbx::ctl::AllVerbs()) {
    CLI::App* command = app.add_subcommand(verb.name, verb.summary);
    verbs.emplace_back(command, verb.declare(*command, context));
  }
  CLI11_PARSE(app, argc, argv);
  for (const auto& [command, run] : verbs) {
    if (command->parsed()) return run();
  }
  return osbx::ctl::kFailed;
}
