// SPDX-License-Identifier: Apache-2.0
// One WebSocket conversation as messages, for a blocking thread or for callbacks. Pings are
// answered and sent by the session. Both queues are bounded: a full receive queue stops reading
// from the client. Thread-safe; outlives the connection.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace osbx::http {

struct WsMessage {
  std::string data;
  bool binary = true;
};

class WebSocket {
 public:
  virtual ~WebSocket() = default;

  // Queues a message; waits while the queue is full (never on the io thread). False when closed.
  virtual bool Send(WsMessage message) = 0;
  // The same without waiting: false when closed or full.
  virtual bool TrySend(WsMessage message) = 0;

  // The next message; waits for it (never on the io thread). Empty when the client has closed, the
  // connection is lost or the server stops. What arrived before the end is delivered first.
  virtual std::optional<WsMessage> Receive() = 0;
  // The same with a deadline: empty also when nothing came in time (then Closed() is false).
  virtual std::optional<WsMessage> ReceiveFor(std::chrono::milliseconds patience) = 0;

  // Sends what is queued and then a close frame. Idempotent.
  virtual void Close(std::uint16_t code = 1000, std::string reason = "") = 0;
  // The client has gone, or Close was called, or the server stops.
  virtual bool Closed() const = 0;
  // `gone` is called exactly once, on the io thread, when the conversation has ended; at once if it
  // already has.
  virtual void OnEnd(std::function<void()> gone) = 0;

  // For users without a thread of their own; both are called on the io thread and are set before
  // the first message. `readable`: a message or the end has come (take messages with ReceiveFor of
  // no patience). `room`: the queue has emptied after a TrySend that found it full.
  virtual void OnReadable(std::function<void()> readable) = 0;
  virtual void OnRoom(std::function<void()> room) = 0;
};
using WebSocketPtr = std::shared_ptr<WebSocket>;

}  // namespace osbx::http
