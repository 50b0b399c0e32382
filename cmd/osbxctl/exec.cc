// SPDX-License-Identifier: Apache-2.0
// Runs a command in a sandbox over Kubernetes' exec protocol, v5.channel.k8s.io
// (contract/kubectl.md §8.1).
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <thread>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "client/websocket.h"
#include "terminal.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

constexpr char kStdin = 0;
constexpr char kStdout = 1;
constexpr char kStderr = 2;
constexpr char kErrorChannel = 3;
constexpr char kResize = 4;
constexpr char kCloseSignal = '\xff';
constexpr int kPollMs = 100;

struct Options {
  std::string sandbox;
  std::vector<std::string> command;
  bool use_stdin = false;
  bool tty = false;
};

std::string Channel(char channel, std::string_view data) {
  return channel + std::string(data);
}

// Copies standard input, and tells the terminal's size when it changes.
void FeedInput(client::WebSocket& socket, const Options& options, const std::stop_token& done) {
  TerminalSize size{.width = 0, .height = 0};
  std::array<char, 16384> bytes{};
  bool open = options.use_stdin;
  while (!done.stop_requested()) {
    if (options.tty && !(SizeOfTerminal() == size)) {
      size = SizeOfTerminal();
      const Json message{{"Width", size.width}, {"Height", size.height}};
      if (!socket.Send(Channel(kResize, message.dump()))) return;
    }
    pollfd wait{open ? STDIN_FILENO : -1, POLLIN, 0};
    if (poll(&wait, 1, kPollMs) <= 0 || !open) continue;
    const ssize_t n = read(STDIN_FILENO, bytes.data(), bytes.size());
    if (n <= 0) {
      open = false;
      if (!socket.Send(std::string{kCloseSignal, kStdin})) return;
    } else if (!socket.Send(Channel(kStdin, {bytes.data(), static_cast<std::size_t>(n)}))) {
      return;
    }
  }
}

// The Status on the error channel as an exit code.
Result<int> ExitCodeOf(const std::string& text) {
  const Json status = Json::parse(text, nullptr, false);
  if (!status.is_object())
    return Error(Code::kInternal, "the command's end was not reported: " + text);
  if (status.value("status", "") == "Success") return 0;
  for (const Json& cause : status.value("/details/causes"_json_pointer, Json::array())) {
    if (cause.value("reason", "") == "ExitCode")
      return std::atoi(cause.value("message", "1").c_str());
  }
  return Error(Code::kInternal, status.value("message", "the command failed"));
}

Result<int> Exec(Context& context, const Options& options) {
  OSBX_TRY(client::RestClient * client, context.Client());
  std::string path = "/apis/osbx.dev/v1/namespaces/" + client::UrlEncode(context.Namespace()) +
                     "/sandboxes/" + client::UrlEncode(options.sandbox) + "/exec?stdout=true";
  if (!options.tty) path += "&stderr=true";
  if (options.tty) path += "&tty=true";
  if (options.use_stdin) path += "&stdin=true";
  for (const std::string& word : options.command) path += "&command=" + client::UrlEncode(word);
  OSBX_TRY(const std::unique_ptr<client::WebSocket> socket,
           client::WebSocket::Connect(client->options(), path, "v5.channel.k8s.io"));
  std::optional<RawTerminal> raw;
  if (options.tty) raw.emplace();
  std::string end;
  {
    const std::jthread input(
        [&](const std::stop_token& done) { FeedInput(*socket, options, done); });
    while (true) {
      OSBX_TRY(const std::optional<std::string> message, socket->Receive());
      if (!message) break;
      if (message->empty()) continue;
      const std::string_view data = std::string_view(*message).substr(1);
      const char channel = message->front();
      if (channel == kStdout) std::fwrite(data.data(), 1, data.size(), stdout);
      if (channel == kStderr) std::fwrite(data.data(), 1, data.size(), stderr);
      if (channel == kErrorChannel) end.append(data);
      std::fflush(stdout);
    }
  }
  raw.reset();
  return ExitCodeOf(end);
}

}  // namespace

std::function<int()> DeclareExec(CLI::App& command, Context& context) {
  auto options = std::make_shared<Options>();
  command.add_option("sandbox", options->sandbox, "Name of the sandbox")->required();
  command.add_option("command", options->command, "Command and arguments, after --")->required();
  command.add_flag("-i,--stdin", options->use_stdin, "Pass standard input");
  command.add_flag("-t,--tty", options->tty, "Standard input is a terminal");
  command.positionals_at_end(false);
  command.prefix_command(false);
  return [options, &context] {
    const auto code = Exec(context, *options);
    return code ? *code : Fail(code.error());
  };
}

}  // namespace osbx::ctl
