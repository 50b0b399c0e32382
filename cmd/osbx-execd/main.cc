// SPDX-License-Identifier: Apache-2.0
// osbx-execd [--socket PATH] [--port N] [--token-file PATH] -- COMMAND [ARG…]: PID 1 of every
// sandbox.
#include <charconv>
#include <cstdio>
#include <string_view>

#include "execd/init.h"
#include "execd/sessions.h"

namespace {

constexpr int kExitUsage = 125;  // as `docker run`: the fault is not the command's

constexpr std::string_view kUsage =
    "usage: osbx-execd [--socket PATH] [--port N] [--token-file PATH] -- COMMAND [ARG...]\n"
    "\n"
    "PID 1 of an osbx sandbox: starts COMMAND, forwards signals to it, reaps orphans, serves the\n"
    "execd API on the unix socket PATH and on TCP port N (default 0: off), and exits with\n"
    "COMMAND's exit code. The access token is read from --token-file, a file \"token\" beside the\n"
    "socket, or $EXECD_ACCESS_TOKEN; without one, only GET /ping on the socket is served.\n";

bool SetOption(osbx::execd::InitOptions& options, std::string_view name, std::string_view value) {
  if (name == "--socket") {
    options.socket_path = value;
  } else if (name == "--token-file") {
    options.token_file = value;
  } else if (name == "--port") {
    const char* end = value.data() + value.size();
    const auto parsed = std::from_chars(value.data(), end, options.port);
    return parsed.ec == std::errc() && parsed.ptr == end;
  } else {
    return false;
  }
  return true;
}

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
    // The last act of a session's shell (execd/sessions.h).
    if (word == "--save-session" && i + 1 < argc) return osbx::execd::SaveSession(argv[i + 1]);
    if (i + 1 < argc && SetOption(options, word, argv[i + 1])) {
      ++i;
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
