// SPDX-License-Identifier: Apache-2.0
// osbx-execd [FLAGS] [--] COMMAND [ARG…]: PID 1 of every sandbox.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "execd/options.h"
#include "execd/sessions.h"

namespace {

constexpr int kExitUsage = 125;  // as `docker run`: the fault is not the command's

constexpr std::string_view kUsage =
    "usage: osbx-execd [FLAGS] [--] [COMMAND [ARG...]]\n"
    "\n"
    "PID 1 of an osbx sandbox: starts COMMAND, forwards signals to it, reaps orphans, serves the\n"
    "execd API, and exits with COMMAND's exit code. Without COMMAND it serves until SIGTERM.\n"
    "\n"
    "  --socket PATH         serve on this unix socket\n"
    "  --port N              serve on 0.0.0.0:N (default: off, or 44772 without COMMAND and "
    "socket)\n"
    "  --token-file PATH     holds the access token; removed once read (default: the file "
    "\"token\"\n"
    "                        beside the socket)\n"
    "  --access-token TOKEN  the token itself; $EXECD_ACCESS_TOKEN is asked last. Without a token\n"
    "                        only GET /ping on the socket is served\n"
    "  --jupyter-host URL    runs code contexts, with --jupyter-token ($JUPYTER_HOST,\n"
    "                        $JUPYTER_TOKEN)\n"
    "  --log-level N         0 to 7 (default 6)\n"
    "  --graceful-shutdown-timeout D, --jupyter-idle-poll-interval D\n"
    "                        accepted, without effect: nothing here waits or polls\n";

// Whoever may list processes must not read tokens: arguments are no place for them, but they are
// taken there.
void Wipe(char* argument) {
  const std::string_view word = argument;
  if (word.find("-token") == std::string_view::npos || !word.starts_with('-')) return;
  if (char* equals = std::strchr(argument, '='); equals != nullptr) {
    std::memset(equals + 1, '*', std::strlen(equals + 1));
  }
}

void WipeTokens(char** argv) {
  for (char** word = argv; *word != nullptr && std::strcmp(*word, "--") != 0; ++word) {
    Wipe(*word);
    const std::string_view name = *word;
    const bool token = name.ends_with("-access-token") || name.ends_with("-jupyter-token");
    if (token && name.starts_with('-') && word[1] != nullptr) {
      std::memset(word[1], '*', std::strlen(word[1]));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  using osbx::execd::Invocation;
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto invocation = osbx::execd::ParseArguments(words, osbx::execd::CaptureEnvironment());
  if (!invocation) {
    std::fprintf(stderr, "osbx-execd: %s (see --help)\n", invocation.error().message().c_str());
    return kExitUsage;
  }
  switch (invocation->kind) {
    case Invocation::Kind::kHelp:
      std::fputs(kUsage.data(), stdout);
      return 0;
    case Invocation::Kind::kVersion:
      std::puts("osbx-execd " OSBX_VERSION);
      return 0;
    case Invocation::Kind::kSaveSession:
      return osbx::execd::SaveSession(invocation->exit_status.c_str());
    case Invocation::Kind::kRun:
      break;
  }
  WipeTokens(argv + 1);
  osbx::Ignore(osbx::log::Configure(invocation->log_level), "standard error is always there");
  const osbx::Error error = osbx::execd::RunInit(invocation->options);
  std::fprintf(stderr, "osbx-execd: %s\n", error.message().c_str());
  return kExitUsage;
}
