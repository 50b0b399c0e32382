// SPDX-License-Identifier: Apache-2.0
// The two queues between a WebSocket's users and its session. The session's side is used on the io
// thread only; the other by any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "http/websocket.h"

namespace osbx::http {

class WebSocketState final : public WebSocket {
 public:
  // The functions tell the session that there is something to send, or room to receive; they must
  // only post or set a flag.
  WebSocketState(std::size_t max_bytes, std::function<void()> wake_sender,
                 std::function<void()> wake_receiver);

  bool Send(WsMessage message) override;
  bool TrySend(WsMessage message) override;
  std::optional<WsMessage> Receive() override;
  std::optional<WsMessage> ReceiveFor(std::chrono::milliseconds patience) override;
  void Close(std::uint16_t code, std::string reason) override;
  bool Closed() const override;
  void OnEnd(std::function<void()> gone) override;
  void OnReadable(std::function<void()> readable) override;
  void OnRoom(std::function<void()> room) override;

  // ---- the session's side ----
  struct Outgoing {
    std::deque<WsMessage> messages;
    bool close = false;  // after these, with:
    std::uint16_t code = 1000;
    std::string reason;
  };
  Outgoing TakeOutgoing();
  // False when the queue is now full: read no more until woken.
  bool Deliver(WsMessage message);
  bool HasRoom() const;
  // The client will send no more.
  void PeerGone();
  void Finish();

 private:
  bool SendRoom(std::size_t size) const;
  void Push(WsMessage message);
  std::optional<WsMessage> Pop();

  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> wake_sender_;
  std::function<void()> wake_receiver_;
  std::deque<WsMessage> out_;
  std::deque<WsMessage> in_;
  std::size_t out_bytes_ = 0;
  std::size_t in_bytes_ = 0;
  bool closing_ = false;    // Close was called
  bool peer_gone_ = false;  // nothing more comes in
  bool ended_ = false;
  std::uint16_t close_code_ = 1000;
  std::string close_reason_;
  bool refused_ = false;  // a TrySend has found no room since the queue was last taken
  std::function<void()> on_readable_;
  std::function<void()> on_room_;
  std::vector<std::function<void()>> on_end_;
};

}  // namespace osbx::http
