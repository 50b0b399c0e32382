// SPDX-License-Identifier: Apache-2.0
// The keys a controller still has to look at, after client-go's workqueue. Invariants: a key is
// queued at most once, and handed to at most one worker at a time (I6); one that is added while a
// worker has it is queued again when the worker is done, so no change goes unseen. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/clock.h"
#include "ctrl/rate_limiter.h"
#include "store/store.h"

namespace osbx::ctrl {

using store::Key;

class WorkQueue {
 public:
  explicit WorkQueue(Clock& clock, Backoff backoff = {}) : clock_(clock), limiter_(backoff) {}
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  void Add(const Key& key);
  // Of several delays of one key the earliest counts. Not positive: now.
  void AddAfter(const Key& key, Duration delay);
  // After a failure: later with each one in a row, until Forget.
  void AddRateLimited(const Key& key);
  void Forget(const Key& key);
  int Failures(const Key& key) const;

  // Waits for a key; nothing when stopped. Whoever takes a key must call Done for it.
  std::optional<Key> Take(const std::stop_token& stop);
  // One that is due now, without waiting.
  std::optional<Key> TryTake();
  void Done(const Key& key);

  // Waits until no key is queued or with a worker; delayed ones do not count. False at the deadline
  // (real time).
  bool Drain(std::chrono::steady_clock::duration deadline = std::chrono::seconds(30));

  std::size_t Depth() const;    // queued, waiting for a worker
  std::size_t Delayed() const;  // waiting for their time
  bool Idle() const;            // nothing queued, due or with a worker
  // Grows with each key that is queued or done: unchanged means nothing happened.
  std::uint64_t Activity() const;

 private:
  void Enqueue(const Key& key);
  void Delay(const Key& key, Duration delay);
  void PromoteDue();
  std::optional<Key> Front();
  MonoTime NextDue() const;

  Clock& clock_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable_any changed_;
  std::condition_variable idle_;
  RateLimiter limiter_;
  std::deque<Key> queue_;  // each is dirty and not processing
  std::unordered_set<Key, store::KeyHash> dirty_;
  std::unordered_set<Key, store::KeyHash> processing_;
  std::set<std::pair<MonoTime, Key>> delayed_;
  std::unordered_map<Key, MonoTime, store::KeyHash> due_;  // the same, by key
  std::uint64_t activity_ = 0;
};

}  // namespace osbx::ctrl
