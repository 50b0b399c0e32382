// SPDX-License-Identifier: Apache-2.0
#include "http/websocket_state.h"

#include <utility>

namespace osbx::http {

WebSocketState::WebSocketState(std::size_t max_bytes, std::function<void()> wake_sender,
                               std::function<void()> wake_receiver)
    : max_bytes_(max_bytes),
      wake_sender_(std::move(wake_sender)),
      wake_receiver_(std::move(wake_receiver)) {}

bool WebSocketState::SendRoom(std::size_t size) const {
  return out_.empty() || out_bytes_ + size <= max_bytes_;
}

void WebSocketState::Push(WsMessage message) {
  out_bytes_ += message.data.size();
  out_.push_back(std::move(message));
  if (wake_sender_) wake_sender_();
}

bool WebSocketState::Send(WsMessage message) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock,
                [&] { return closing_ || peer_gone_ || ended_ || SendRoom(message.data.size()); });
  if (closing_ || peer_gone_ || ended_) return false;
  Push(std::move(message));
  return true;
}

bool WebSocketState::TrySend(WsMessage message) {
  const std::lock_guard lock(mutex_);
  if (closing_ || peer_gone_ || ended_) return false;
  if (!SendRoom(message.data.size())) {
    refused_ = true;
    return false;
  }
  Push(std::move(message));
  return true;
}

std::optional<WsMessage> WebSocketState::Pop() {
  if (in_.empty()) return std::nullopt;
  WsMessage message = std::move(in_.front());
  in_.pop_front();
  in_bytes_ -= message.data.size();
  if (wake_receiver_) wake_receiver_();
  return message;
}

std::optional<WsMessage> WebSocketState::Receive() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !in_.empty() || peer_gone_ || closing_ || ended_; });
  return Pop();
}

std::optional<WsMessage> WebSocketState::ReceiveFor(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience,
                    [&] { return !in_.empty() || peer_gone_ || closing_ || ended_; });
  return Pop();
}

void WebSocketState::Close(std::uint16_t code, std::string reason) {
  const std::lock_guard lock(mutex_);
  if (closing_ || ended_) return;
  closing_ = true;
  close_code_ = code;
  close_reason_ = std::move(reason);
  changed_.notify_all();
  if (wake_sender_) wake_sender_();
}

bool WebSocketState::Closed() const {
  const std::lock_guard lock(mutex_);
  return closing_ || peer_gone_ || ended_;
}

void WebSocketState::OnEnd(std::function<void()> gone) {
  {
    const std::lock_guard lock(mutex_);
    if (!ended_) {
      on_end_.push_back(std::move(gone));
      return;
    }
  }
  gone();
}

void WebSocketState::OnReadable(std::function<void()> readable) {
  const std::lock_guard lock(mutex_);
  on_readable_ = std::move(readable);
}

void WebSocketState::OnRoom(std::function<void()> room) {
  const std::lock_guard lock(mutex_);
  on_room_ = std::move(room);
}

WebSocketState::Outgoing WebSocketState::TakeOutgoing() {
  Outgoing outgoing;
  std::function<void()> room;
  {
    const std::lock_guard lock(mutex_);
    outgoing = {.messages = std::exchange(out_, {}),
                .close = closing_ || peer_gone_,
                .code = close_code_,
                .reason = close_reason_};
    out_bytes_ = 0;
    if (!outgoing.messages.empty()) changed_.notify_all();
    if (std::exchange(refused_, false)) room = on_room_;
  }
  if (room) room();
  return outgoing;
}

bool WebSocketState::Deliver(WsMessage message) {
  std::function<void()> readable;
  bool room = false;
  {
    const std::lock_guard lock(mutex_);
    in_bytes_ += message.data.size();
    in_.push_back(std::move(message));
    changed_.notify_all();
    room = in_bytes_ < max_bytes_;
    readable = on_readable_;
  }
  if (readable) readable();
  return room;
}

bool WebSocketState::HasRoom() const {
  const std::lock_guard lock(mutex_);
  return in_bytes_ < max_bytes_;
}

void WebSocketState::PeerGone() {
  std::function<void()> readable;
  {
    const std::lock_guard lock(mutex_);
    peer_gone_ = true;
    changed_.notify_all();
    if (wake_sender_) wake_sender_();
    readable = on_readable_;
  }
  if (readable) readable();
}

void WebSocketState::Finish() {
  std::vector<std::function<void()>> callbacks;
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    ended_ = true;
    wake_sender_ = nullptr;
    wake_receiver_ = nullptr;
    on_readable_ = nullptr;
    on_room_ = nullptr;
    callbacks = std::exchange(on_end_, {});
    changed_.notify_all();
  }
  for (const auto& callback : callbacks) callback();
}

}  // namespace osbx::http
