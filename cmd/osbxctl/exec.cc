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
#include "resources.h"
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
  bool tty = false;       // of the command
  bool terminal = false;  // standard input is one, and in raw mode
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
    if (options.terminal && !(SizeOfTerminal(STDIN_FILENO) == size)) {
      size = SizeOfTerminal(STDIN_FILENO);
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

// As kubectl: without a terminal on standard input there is no raw mode and no size to tell, but
// the command may still get a terminal of its own.
bool UsesTerminal(const Options& options) {
  if (!options.tty || !options.use_stdin) return false;
  if (isatty(STDIN_FILENO) != 0) return true;
  std::fprintf(stderr, "Unable to use a TTY - input is not a terminal or the right kind of file\n");
  return false;
}

std::string PathOf(const Options& options, const std::string& ns, const std::string& name) {
  std::string path = SandboxPath(ns, name) + "/exec?stdout=true";
  path += options.tty ? "&tty=true" : "&stderr=true";
  if (options.use_stdin) path += "&stdin=true";
  for (const std::string& word : options.command) path += "&command=" + client::UrlEncode(word);
  return path;
}

// Copies output until the server closes; what came on the error channel.
Result<std::string> CopyOutput(client::WebSocket& socket) {
  std::string end;
  while (true) {
    OSBX_TRY(const std::optional<std::string> message, socket.Receive());
    if (!message) return end;
    if (message->empty()) continue;
    const std::string_view data = std::string_view(*message).substr(1);
    const char channel = message->front();
    if (channel == kStdout) std::fwrite(data.data(), 1, data.size(), stdout);
    if (channel == kStderr) std::fwrite(data.data(), 1, data.size(), stderr);
    if (channel == kErrorChannel) end.append(data);
    std::fflush(stdout);
  }
}

Result<int> Exec(Context& context, Options options) {
  OSBX_TRY(const std::string name, SandboxName(options.sandbox));
  OSBX_TRY(client::RestClient * client, context.Client());
  options.terminal = UsesTerminal(options);
  OSBX_TRY(const std::unique_ptr<client::WebSocket> socket,
           client::WebSocket::Connect(client->options(), PathOf(options, context.Namespace(), name),
                                      "v5.channel.k8s.io"));
  std::optional<RawTerminal> raw;
  if (options.terminal) raw.emplace();
  Result<std::string> end = std::string();
  {
    const std::jthread input(
        [&](const std::stop_token& done) { FeedInput(*socket, options, done); });
    end = CopyOutput(*socket);
  }
  raw.reset();
  if (!end) return std::move(end).error();
  OSBX_TRY(const int code, ExitCodeOf(*end));
  // Behind a terminal the shell's own farewell is enough.
  if (code != 0 && !options.terminal)
    std::fprintf(stderr, "command terminated with exit code %d\n", code);
  return code;
}

}  // namespace

std::function<int()> DeclareExec(CLI::App& command, Context& context) {
  auto options = std::make_shared<Options>();
  command.add_option("sandbox", options->sandbox, "Name of the sandbox, or sandbox/NAME")
      ->required();
  command.add_option("command", options->command, "Command and arguments, after --")->required();
  command.add_flag("-i,--stdin", options->use_stdin, "Pass standard input");
  command.add_flag("-t,--tty", options->tty, "The command gets a terminal");
  command.positionals_at_end(false);
  command.prefix_command(false);
  return [options, &context] { return Finish(Exec(context, *options)); };
}

}  // namespace osbx::ctl
