// SPDX-License-Identifier: Apache-2.0
// A blocking HTTP and WebSocket client for one server beside execd (Jupyter): plain HTTP to a
// numeric address or "localhost", since a static program can look up no names and has no TLS.
// Thread-safe but for ClientSocket, which has one user at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "execd/websocket_frames.h"

namespace osbx::execd {

struct ServerUrl {
  std::string ip;
  std::uint16_t port = 80;
  std::string host;  // as given, with the port, for the Host header
  std::string path;  // before every request's; without a slash at its end
};
// "http://127.0.0.1:8888/base". kUnimplemented for https and for names.
Result<ServerUrl> ParseServerUrl(std::string_view url);

struct ClientRequest {
  std::string method = "GET";
  std::string path;     // "/api/kernels"
  std::string headers;  // whole lines
  std::string body;     // JSON; "": none
  std::chrono::milliseconds patience{30'000};
};
struct ClientReply {
  int status = 0;
  std::string body;
};
// kUnavailable when nothing answers there.
Result<ClientReply> Fetch(const ServerUrl& server, const ClientRequest& request);

// A whole reply, body by Content-Length, in chunks or to the end. Pure.
Result<ClientReply> ParseReply(std::string_view bytes);

class ClientSocket {
 public:
  // Upgrades; the server's Sec-WebSocket-Accept is not verified (it guards against caches between,
  // and there are none inside a sandbox).
  static Result<ClientSocket> Open(const ServerUrl& server, const ClientRequest& request);

  Result<> Send(std::string_view text);
  // The next text or binary message. Pings are answered. kUnavailable at the end, kDeadlineExceeded
  // when nothing comes for `patience`.
  Result<std::string> Receive(std::chrono::milliseconds patience);

 private:
  explicit ClientSocket(UniqueFd fd) : fd_(std::move(fd)) {}
  Result<> SendFrame(Opcode opcode, std::string_view payload);

  UniqueFd fd_;
  FrameReader frames_;
};

}  // namespace osbx::execd
