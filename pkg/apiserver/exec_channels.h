// SPDX-License-Identifier: Apache-2.0
// The channel protocol of kubectl exec over WebSocket, v4 and v5.channel.k8s.io
// (contract/kubectl.md §8.1): the first byte of each binary message is the channel.
#pragma once

#include <string>
#include <string_view>

#include "apiserver/node_streams.h"
#include "base/result.h"
#include "http/websocket.h"

namespace osbx::apiserver {

// The protocol to answer with: v5 before v4 among the offered; "" when there is none.
std::string ChooseChannelProtocol(std::string_view offered);

class ChannelDuplex final : public ExecDuplex {
 public:
  ChannelDuplex(http::WebSocketPtr socket, bool tty) : socket_(std::move(socket)), tty_(tty) {}

  std::optional<Input> Read(std::chrono::milliseconds patience) override;
  bool WriteStdout(std::string_view bytes) override;
  bool WriteStderr(std::string_view bytes) override;

  // Tells how the command ended, and closes. Without it kubectl takes the end for success.
  void Finish(const Result<int>& outcome);

 private:
  bool WriteChannel(char channel, std::string_view bytes);

  http::WebSocketPtr socket_;
  const bool tty_;
};

}  // namespace osbx::apiserver
