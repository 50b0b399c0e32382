// SPDX-License-Identifier: Apache-2.0
#include "http/body_state.h"

#include <utility>

namespace osbx::http {

Result<std::string> BodyState::Read() {
  std::unique_lock lock(mutex_);
  if (!std::exchange(started_, true)) wake_();
  arrived_.wait(lock, [this] { return !queue_.empty() || ended_ || failure_; });
  if (!queue_.empty()) {
    const bool was_full = queue_.size() >= kReadAhead;
    std::string bytes = std::exchange(queue_, {});
    if (was_full) wake_();
    return bytes;
  }
  if (failure_) return *failure_;
  return std::string();
}

bool BodyState::Wanted() const {
  const std::lock_guard lock(mutex_);
  return started_ && !ended_ && !failure_ && queue_.size() < kReadAhead;
}

void BodyState::Deliver(std::string bytes) {
  const std::lock_guard lock(mutex_);
  if (queue_.empty()) {
    queue_ = std::move(bytes);
  } else {
    queue_ += bytes;
  }
  arrived_.notify_one();
}

void BodyState::End() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  arrived_.notify_one();
}

void BodyState::Fail(Error error) {
  const std::lock_guard lock(mutex_);
  if (ended_ || failure_) return;
  failure_ = std::move(error);
  arrived_.notify_one();
}

}  // namespace osbx::http
