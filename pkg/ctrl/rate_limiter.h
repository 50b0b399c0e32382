// SPDX-License-Identifier: Apache-2.0
// How long to wait before the next try of something that failed: doubling per key from `first` to
// `most`, without jitter, until it is forgotten. One thread, or the lock of its owner.
#pragma once

#include <algorithm>
#include <cstddef>
#include <unordered_map>

#include "base/clock.h"
#include "store/store.h"

namespace osbx::ctrl {

struct Backoff {
  Duration first = std::chrono::milliseconds(5);
  Duration most = std::chrono::seconds(60);

  // After the n-th failure in a row, counted from 1.
  Duration After(int failures) const {
    Duration wait = first;
    for (int i = 1; i < failures && wait < most; ++i) wait *= 2;
    return std::min(wait, most);
  }
};

class RateLimiter {
 public:
  explicit RateLimiter(Backoff backoff = {}) : backoff_(backoff) {}

  // Counts one more failure.
  Duration Next(const store::Key& key) { return backoff_.After(++failures_[key]); }
  void Forget(const store::Key& key) { failures_.erase(key); }
  int Failures(const store::Key& key) const {
    const auto found = failures_.find(key);
    return found == failures_.end() ? 0 : found->second;
  }
  std::size_t Size() const { return failures_.size(); }

 private:
  Backoff backoff_;
  std::unordered_map<store::Key, int, store::KeyHash> failures_;
};

}  // namespace osbx::ctrl
