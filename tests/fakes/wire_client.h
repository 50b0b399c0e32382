// SPDX-License-Identifier: Apache-2.0
// A blocking HTTP client of the simplest kind, for tests that care about bytes on the wire. Every
// wait has a deadline of ten seconds. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

struct ssl_st;
struct ssl_ctx_st;

namespace osbx::wire {

struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;  // lower-case names
  std::string body;
  std::string Header(const std::string& name) const;
};

class WireClient {
 public:
  explicit WireClient(std::uint16_t port, bool tls = false);
  explicit WireClient(const std::string& unix_path);
  explicit WireClient(UniqueFd connected);
  ~WireClient();
  WireClient(WireClient&&) = default;

  bool Connected() const { return static_cast<bool>(fd_); }
  bool Send(std::string_view bytes);
  // "GET /x HTTP/1.1" with Host, the extra header lines ("A: b\r\n") and the body.
  bool SendRequest(std::string_view method, std::string_view target, std::string_view headers = "",
                   std::string_view body = "");
  // One whole response (not a stream's endless one). Empty when the connection ended first.
  std::optional<Reply> ReadReply();
  std::optional<Reply> ReadHead();
  // The next chunk of a chunked body; "" is the last one; empty optional: ended without it.
  std::optional<std::string> ReadChunk();
  std::optional<std::string> ReadLine();  // without its "\n"
  std::optional<std::string> ReadExactly(std::size_t size);
  bool AtEnd();  // waits: true when the peer closes, false when a byte arrives

  std::optional<Reply> Call(std::string_view method, std::string_view target,
                            std::string_view headers = "", std::string_view body = "");

  // WebSocket: handshake, then masked frames.
  std::optional<Reply> UpgradeTo(std::string_view target, std::string_view subprotocols = "",
                                 std::string_view more_headers = "");
  bool SendFrame(int opcode, std::string_view payload);
  struct Frame {
    int opcode = 0;
    std::string payload;
  };
  std::optional<Frame> ReadFrame();

  int fd() const { return fd_.Get(); }
  void Close() { fd_.Reset(); }

 private:
  bool Fill();

  UniqueFd fd_;
  std::shared_ptr<ssl_st> ssl_;
  std::shared_ptr<ssl_ctx_st> context_;
  std::string buffer_;
};

}  // namespace osbx::wire
