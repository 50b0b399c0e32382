// SPDX-License-Identifier: Apache-2.0
#include "apiserver/exec_channels.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "registry/json_access.h"

namespace osbx::apiserver {

namespace {

constexpr std::size_t kMaxMessage = 32U << 10;
constexpr char kStdin = 0;
constexpr char kStdout = 1;
constexpr char kStderr = 2;
constexpr char kError = 3;
constexpr char kResize = 4;
constexpr char kCloseSignal = static_cast<char>(255);

int Dimension(const Json& size, const char* name) {
  const Json* value = registry::Member(size, name);
  if (value == nullptr || !value->is_number_integer()) return 0;
  return static_cast<int>(std::clamp<std::int64_t>(value->get<std::int64_t>(), 0, 65535));
}

Json ExitStatus(const Result<int>& outcome) {
  if (outcome && *outcome == 0) {
    return {{"metadata", Json::object()}, {"status", "Success"}};
  }
  if (!outcome) {
    return {{"metadata", Json::object()},
            {"status", "Failure"},
            {"reason", "InternalError"},
            {"code", 500},
            {"message", outcome.error().message()}};
  }
  const std::string code = std::to_string(*outcome);
  return {{"metadata", Json::object()},
          {"status", "Failure"},
          {"reason", "NonZeroExitCode"},
          {"message", "command terminated with non-zero exit code: exit status " + code},
          {"details", {{"causes", {{{"reason", "ExitCode"}, {"message", code}}}}}}};
}

}  // namespace

std::string ChooseChannelProtocol(std::string_view offered) {
  for (const std::string_view wanted : {"v5.channel.k8s.io", "v4.channel.k8s.io"}) {
    std::string_view rest = offered;
    while (!rest.empty()) {
      std::string_view one = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(one.size() + 1, rest.size()));
      while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
      while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
      if (one == wanted) return std::string(wanted);
    }
  }
  return "";
}

std::optional<ExecDuplex::Input> ChannelDuplex::Read(std::chrono::milliseconds patience) {
  auto message = socket_->ReceiveFor(patience);
  if (!message) {
    if (socket_->Closed()) return Input{.kind = Input::Kind::kGone};
    return std::nullopt;
  }
  if (message->data.empty()) return std::nullopt;
  const char channel = message->data.front();
  message->data.erase(0, 1);
  if (channel == kStdin && !message->data.empty()) {
    return Input{.kind = Input::Kind::kData, .data = std::move(message->data)};
  }
  if (channel == kCloseSignal && message->data == std::string(1, kStdin)) {
    return Input{.kind = Input::Kind::kEndOfInput};
  }
  if (channel == kResize) {
    const Json size = Json::parse(message->data, nullptr, false);
    if (!size.is_object()) return std::nullopt;
    return Input{.kind = Input::Kind::kResize,
                 .width = Dimension(size, "Width"),
                 .height = Dimension(size, "Height")};
  }
  return std::nullopt;  // an empty data frame, or a channel that is not the client's
}

bool ChannelDuplex::WriteChannel(char channel, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kMaxMessage);
    bytes.remove_prefix(piece.size());
    std::string data(1, channel);
    data += piece;
    if (!socket_->Send({.data = std::move(data), .binary = true})) return false;
  }
  return true;
}

bool ChannelDuplex::WriteStdout(std::string_view bytes) {
  return WriteChannel(kStdout, bytes);
}

bool ChannelDuplex::WriteStderr(std::string_view bytes) {
  return WriteChannel(tty_ ? kStdout : kStderr, bytes);
}

void ChannelDuplex::Finish(const Result<int>& outcome) {
  WriteChannel(kError, registry::Dump(ExitStatus(outcome)));
  socket_->Close(1000, "");
}

}  // namespace osbx::apiserver
