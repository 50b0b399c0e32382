// SPDX-License-Identifier: Apache-2.0
// oss_server: a small object store on 127.0.0.1 for tests and the local stack (see
// tests/fakes/README.md).
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <fstream>

#include "fakes/oss_server/server.h"

namespace osbx::fakes {
namespace {

constexpr const char* kUsage =
    "usage: oss_server --data DIR --creds FILE [--port N] [--port-file FILE] [--region NAME]\n"
    "                  [--domain NAME] [--exit-with-parent yes] [--bucket NAME]...\n";

struct Arguments {
  OssServerOptions server;
  std::string port_file;
  bool exit_with_parent = false;
};

bool ParsePort(const std::string& text, std::uint16_t& port) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  return problem == std::errc() && end == text.data() + text.size();
}

std::optional<Arguments> Parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 >= argc) return std::nullopt;
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "--data") {
      arguments.server.data_directory = value;
    } else if (name == "--creds") {
      arguments.server.credentials_file = value;
    } else if (name == "--port") {
      if (!ParsePort(value, arguments.server.port)) return std::nullopt;
    } else if (name == "--port-file") {
      arguments.port_file = value;
    } else if (name == "--region") {
      arguments.server.region = value;
    } else if (name == "--domain") {
      arguments.server.domain = value;
    } else if (name == "--exit-with-parent") {
      arguments.exit_with_parent = value == "yes";
    } else if (name == "--bucket") {
      arguments.server.buckets.push_back(value);
    } else {
      return std::nullopt;
    }
  }
  const bool complete =
      !arguments.server.data_directory.empty() && !arguments.server.credentials_file.empty();
  return complete ? std::optional(arguments) : std::nullopt;
}

// Appears whole: who waits for the file never reads half a number.
bool WritePortFile(const std::string& path, std::uint16_t port) {
  const std::string fresh = path + "." + std::to_string(::getpid());
  std::ofstream output(fresh, std::ios::trunc);
  output << port << "\n";
  output.close();
  return !output.fail() && ::rename(fresh.c_str(), path.c_str()) == 0;
}

int Run(int argc, char** argv) {
  const auto arguments = Parse(argc, argv);
  if (!arguments) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  if (arguments->exit_with_parent) ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // threads inherit it
  ::signal(SIGPIPE, SIG_IGN);

  const auto server = OssServer::Start(arguments->server);
  if (!server.has_value()) {
    std::fprintf(stderr, "oss_server: %s\n", server.error().message().c_str());
    return 1;
  }
  if (!arguments->port_file.empty() && !WritePortFile(arguments->port_file, (*server)->port())) {
    std::fprintf(stderr, "oss_server: cannot write %s\n", arguments->port_file.c_str());
    return 1;
  }
  std::printf("oss_server: listening on 127.0.0.1:%u\n", static_cast<unsigned>((*server)->port()));
  std::fflush(stdout);
  int received = 0;
  ::sigwait(&signals, &received);
  return 0;
}

}  // namespace
}  // namespace osbx::fakes

int main(int argc, char** argv) {
  return osbx::fakes::Run(argc, argv);
}
