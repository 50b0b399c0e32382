// SPDX-License-Identifier: Apache-2.0
// osbx-execd [--socket PATH] -- COMMAND [ARG…]: PID 1 of every sandbox.
#include <cstdio>
#include <string_view>

#include "execd/init.h"

namespace {

constexpr int kExitUsage = 125;  // as `docker run`: the fault is not the command's

constexpr std::string_view kUsage =
    "usage: osbx-execd [--socket PATH] -- COMMAND [ARG...]\n"
    "\n"
    "PID 1 of an osbx sandbox: starts COMMAND, forwards signals to it, reaps orphans,\n"
    "answers GET /ping on the unix socket PATH and exits with COMMAND's exit code.\n";

}  // namespace

int main(int argc, char** argv) {
  osbx::execd::InitOptions options;
  int i = 1;
  for (; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--") break;
    if (word == "--help" || word == "-h") {
      std::fputs(kUsage.data(), stdout);
      return 0;
    }
    if (word == "--version") {
      std::puts("osbx-execd " OSBX_VERSION);
      return 0;
    }
    if (word == "--socket" && i + 1 < argc) {
      options.socket_path = argv[++i];
      continue;
    }
    std::fprintf(stderr, "osbx-execd: unknown argument %s\n%s", argv[i], kUsage.data());
    return kExitUsage;
  }
  for (++i; i < argc; ++i) options.command.emplace_back(argv[i]);
  const auto code = osbx::execd::RunInit(options);
  if (!code) {
    std::fprintf(stderr, "osbx-execd: %s\n", code.error().message().c_str());
    return kExitUsage;
  }
  return *code;
}
