// SPDX-License-Identifier: Apache-2.0
// The messages of a terminal's WebSocket (contract/execd.md §8). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/websocket.h"

namespace osbx::execd {

struct PtyInput {
  enum class Kind { kStdin, kSignal, kResize, kPing, kUnknown, kIgnored };
  Kind kind = Kind::kIgnored;  // also what cannot be parsed
  std::string data;            // of kStdin
  int signal = 0;              // of kSignal
  std::uint16_t columns = 0;   // of kResize
  std::uint16_t rows = 0;
};
// A signal without a known name and a size of nothing are kUnknown.
PtyInput ParsePtyInput(http::WsMessage message);

http::WsMessage StdoutFrame(std::string_view bytes);
http::WsMessage StderrFrame(std::string_view bytes);
// `next` is the offset after `bytes`: what a later "since" is to be.
http::WsMessage ReplayFrame(std::uint64_t next, std::string_view bytes);
http::WsMessage ConnectedFrame(std::string_view id, bool terminal);
http::WsMessage ExitFrame(int code);
http::WsMessage PongFrame();
http::WsMessage PtyErrorFrame(std::string_view code, std::string_view text);

}  // namespace osbx::execd
