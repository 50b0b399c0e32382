// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <CLI/CLI.hpp>

#include "resources.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

struct Options {
  std::string sandbox;
  bool follow = false;
  bool timestamps = false;
  int tail = -1;
  int since_seconds = 0;
};

Result<int> Logs(Context& context, Options options) {
  for (const char* prefix : {"sandbox/", "sandboxes/", "sbx/", "sandbox.osbx.dev/"}) {
    if (options.sandbox.starts_with(prefix))
      options.sandbox = options.sandbox.substr(std::string(prefix).size());
  }
  OSBX_TRY(client::RestClient * client, context.Client());
  std::string path = "/apis/osbx.dev/v1/namespaces/" + client::UrlEncode(context.Namespace()) +
                     "/sandboxes/" + client::UrlEncode(options.sandbox) + "/log?";
  if (options.follow) path += "follow=true&";
  if (options.timestamps) path += "timestamps=true&";
  if (options.tail >= 0) path += "tailLines=" + std::to_string(options.tail) + "&";
  if (options.since_seconds > 0)
    path += "sinceSeconds=" + std::to_string(options.since_seconds) + "&";
  path.pop_back();
  OSBX_CHECK(client->StreamBytes({.path = path, .accept = "*/*"}, [](std::string_view bytes) {
    return std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size() &&
           std::fflush(stdout) == 0;
  }));
  return kOk;
}

}  // namespace

std::function<int()> DeclareLogs(CLI::App& command, Context& context) {
  auto options = std::make_shared<Options>();
  command.add_option("sandbox", options->sandbox, "Name of the sandbox")->required();
  command.add_flag("-f,--follow", options->follow, "Go on printing until the sandbox ends");
  command.add_flag("--timestamps", options->timestamps, "Begin each line with its time");
  command.add_option("--tail", options->tail, "Only the last lines");
  command.add_option("--since-seconds", options->since_seconds, "Only the last seconds");
  return [options, &context] {
    const auto code = Logs(context, *options);
    return code ? *code : Fail(code.error());
  };
}

}  // namespace osbx::ctl
