// SPDX-License-Identifier: Apache-2.0
// One WebSocket conversation with osbxd (RFC 6455, client side), over the connection libcurl makes
// (TCP, TLS or unix socket): libcurl 7.88 itself has WebSockets only experimentally. Send may be
// called from one thread and Receive from another.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "client/rest_client.h"

namespace osbx::client {

class WebSocket {
 public:
  // Upgrades `path`. A refusal is the error of the answer, as of RestClient::Do.
  static Result<std::unique_ptr<WebSocket>> Connect(const ClientOptions& options,
                                                    const std::string& path,
                                                    const std::string& subprotocol);
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  Result<> Send(std::string_view message);  // one binary message
  // The next message; nullopt when the server has closed or `stop` fires.
  Result<std::optional<std::string>> Receive(std::stop_token stop = {});

 private:
  struct State;
  explicit WebSocket(std::unique_ptr<State> state);
  Result<> SendFrame(unsigned char opcode, std::string_view payload);
  std::unique_ptr<State> state_;
};

}  // namespace osbx::client
