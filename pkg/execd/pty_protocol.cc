// SPDX-License-Identifier: Apache-2.0
#include "execd/pty_protocol.h"

#include <signal.h>

#include <array>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace osbx::execd {
namespace {

constexpr char kStdin = 0x00;
constexpr char kStdout = 0x01;
constexpr char kStderr = 0x02;
constexpr char kReplay = 0x03;

constexpr std::array<std::pair<std::string_view, int>, 12> kSignals = {{{"SIGHUP", SIGHUP},
                                                                        {"SIGINT", SIGINT},
                                                                        {"SIGQUIT", SIGQUIT},
                                                                        {"SIGKILL", SIGKILL},
                                                                        {"SIGTERM", SIGTERM},
                                                                        {"SIGUSR1", SIGUSR1},
                                                                        {"SIGUSR2", SIGUSR2},
                                                                        {"SIGSTOP", SIGSTOP},
                                                                        {"SIGTSTP", SIGTSTP},
                                                                        {"SIGCONT", SIGCONT},
                                                                        {"SIGWINCH", SIGWINCH},
                                                                        {"SIGALRM", SIGALRM}}};

http::WsMessage Binary(char type, std::string_view bytes) {
  std::string data(1, type);
  data += bytes;
  return {.data = std::move(data), .binary = true};
}

http::WsMessage Text(const Json& json) {
  return {.data = json.dump(-1, ' ', false, Json::error_handler_t::replace), .binary = false};
}

std::string TextOf(const Json& frame, const char* name) {
  const auto found = frame.find(name);
  return found != frame.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::uint16_t> SizeOf(const Json& frame, const char* name) {
  const auto found = frame.find(name);
  if (found == frame.end() || !found->is_number_integer()) return std::nullopt;
  const auto value = found->get<std::int64_t>();
  if (value < 1 || value > UINT16_MAX) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

PtyInput ParseResize(const Json& frame) {
  const auto columns = SizeOf(frame, "cols");
  const auto rows = SizeOf(frame, "rows");
  if (!columns || !rows) return {.kind = PtyInput::Kind::kUnknown};
  return {.kind = PtyInput::Kind::kResize, .columns = *columns, .rows = *rows};
}

PtyInput ParseSignal(const Json& frame) {
  const std::string name = TextOf(frame, "signal");
  for (const auto& [known, number] : kSignals) {
    if (name == known) return {.kind = PtyInput::Kind::kSignal, .signal = number};
  }
  return {.kind = PtyInput::Kind::kUnknown};
}

}  // namespace

PtyInput ParsePtyInput(http::WsMessage message) {
  if (message.binary) {
    if (message.data.empty()) return {};
    if (message.data.front() != kStdin) return {.kind = PtyInput::Kind::kUnknown};
    message.data.erase(0, 1);
    return {.kind = PtyInput::Kind::kStdin, .data = std::move(message.data)};
  }
  const Json frame = Json::parse(message.data, nullptr, false);
  if (!frame.is_object()) return {};
  const std::string type = TextOf(frame, "type");
  if (type == "stdin") return {.kind = PtyInput::Kind::kStdin, .data = TextOf(frame, "data")};
  if (type == "signal") return ParseSignal(frame);
  if (type == "resize") return ParseResize(frame);
  if (type == "ping") return {.kind = PtyInput::Kind::kPing};
  return {.kind = PtyInput::Kind::kUnknown};
}

http::WsMessage StdoutFrame(std::string_view bytes) {
  return Binary(kStdout, bytes);
}

http::WsMessage StderrFrame(std::string_view bytes) {
  return Binary(kStderr, bytes);
}

http::WsMessage ReplayFrame(std::uint64_t next, std::string_view bytes) {
  std::string offset;
  for (int shift = 56; shift >= 0; shift -= 8) {
    offset += static_cast<char>((next >> static_cast<unsigned>(shift)) & 0xFFU);
  }
  return Binary(kReplay, offset.append(bytes));
}

http::WsMessage ConnectedFrame(std::string_view id, bool terminal) {
  return Text({{"type", "connected"}, {"session_id", id}, {"mode", terminal ? "pty" : "pipe"}});
}

http::WsMessage ExitFrame(int code) {
  return Text({{"type", "exit"}, {"exit_code", code}});
}

http::WsMessage PongFrame() {
  return Text({{"type", "pong"}});
}

http::WsMessage PtyErrorFrame(std::string_view code, std::string_view text) {
  return Text({{"type", "error"}, {"code", code}, {"error", text}});
}

}  // namespace osbx::execd
