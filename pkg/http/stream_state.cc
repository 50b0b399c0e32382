// SPDX-License-Identifier: Apache-2.0
#include "http/stream_state.h"

#include <utility>

namespace osbx::http {

StreamState::StreamState(std::size_t max_bytes, std::function<void()> wake)
    : max_bytes_(max_bytes), wake_(std::move(wake)) {}

// A chunk larger than the whole bound still goes through when nothing else waits.
bool StreamState::HasRoom(std::size_t size) const {
  return queue_.empty() || queued_bytes_ + size <= max_bytes_;
}

void StreamState::Wake() {
  if (woken_ || !wake_) return;
  woken_ = true;
  wake_();
}

bool StreamState::Write(Slice chunk) {
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::kOpen) return false;
  if (chunk->empty()) return true;  // an empty chunk would end the body
  if (!HasRoom(chunk->size())) {
    overflowed_ = true;
    refused_ = true;
    return false;
  }
  queued_bytes_ += chunk->size();
  queue_.push_back(std::move(chunk));
  Wake();
  return true;
}

bool StreamState::WriteAll(Slice chunk) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return phase_ != Phase::kOpen || HasRoom(chunk->size()); });
  if (phase_ != Phase::kOpen) return false;
  if (chunk->empty()) return true;
  queued_bytes_ += chunk->size();
  queue_.push_back(std::move(chunk));
  Wake();
  return true;
}

void StreamState::Close() {
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::kOpen) return;
  phase_ = Phase::kClosing;
  room_.notify_all();
  Wake();
}

void StreamState::Abort() {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::kAborted || phase_ == Phase::kEnded) return;
  phase_ = Phase::kAborted;
  queue_.clear();
  queued_bytes_ = 0;
  room_.notify_all();
  woken_ = false;  // an earlier wake waits for a write that may be stuck
  Wake();
}

bool StreamState::Aborted() const {
  const std::lock_guard lock(mutex_);
  return phase_ == Phase::kAborted;
}

bool StreamState::Dropped() const {
  const std::lock_guard lock(mutex_);
  return phase_ == Phase::kAborted && overflowed_;
}

bool StreamState::Closed() const {
  const std::lock_guard lock(mutex_);
  return phase_ != Phase::kOpen;
}

void StreamState::OnEnd(std::function<void()> gone) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::kEnded) {
      on_end_.push_back(std::move(gone));
      return;
    }
  }
  gone();
}

void StreamState::OnRoom(std::function<void()> room) {
  const std::lock_guard lock(mutex_);
  on_room_ = std::move(room);
}

StreamState::Batch StreamState::Take() {
  Batch batch;
  std::function<void()> room;
  {
    const std::lock_guard lock(mutex_);
    woken_ = false;
    batch = {.chunks = std::exchange(queue_, {}),
             .last = phase_ != Phase::kOpen,
             .aborted = phase_ == Phase::kAborted};
    queued_bytes_ = 0;
    if (!batch.chunks.empty()) room_.notify_all();
    if (std::exchange(refused_, false) && phase_ == Phase::kOpen) room = on_room_;
  }
  if (room) room();
  return batch;
}

void StreamState::Finish() {
  std::vector<std::function<void()>> callbacks;
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::kEnded) return;
    phase_ = Phase::kEnded;
    queue_.clear();
    wake_ = nullptr;
    on_room_ = nullptr;
    callbacks = std::exchange(on_end_, {});
    room_.notify_all();
  }
  for (const auto& callback : callbacks) callback();
}

}  // namespace osbx::http
