// SPDX-License-Identifier: Apache-2.0
#include "ctrl/work_queue.h"

namespace osbx::ctrl {

void WorkQueue::Enqueue(const Key& key) {
  if (!dirty_.insert(key).second) return;
  ++activity_;
  if (processing_.contains(key)) return;  // Done puts it into the queue
  queue_.push_back(key);
  changed_.notify_one();
}

void WorkQueue::Delay(const Key& key, Duration delay) {
  if (delay <= Duration::zero()) {
    Enqueue(key);
    return;
  }
  const MonoTime due = clock_.Mono() + std::chrono::duration_cast<MonoTime::duration>(delay);
  const auto [known, added] = due_.try_emplace(key, due);
  if (!added) {
    if (known->second <= due) return;
    delayed_.erase({known->second, key});
    known->second = due;
  }
  const bool earliest = delayed_.empty() || due < delayed_.begin()->first;
  delayed_.emplace(due, key);
  if (earliest) changed_.notify_all();  // those who wait for a later one must look again
}

void WorkQueue::Add(const Key& key) {
  const std::lock_guard lock(mutex_);
  Enqueue(key);
}

void WorkQueue::AddAfter(const Key& key, Duration delay) {
  const std::lock_guard lock(mutex_);
  Delay(key, delay);
}

void WorkQueue::AddRateLimited(const Key& key) {
  const std::lock_guard lock(mutex_);
  Delay(key, limiter_.Next(key));
}

void WorkQueue::Forget(const Key& key) {
  const std::lock_guard lock(mutex_);
  limiter_.Forget(key);
}

int WorkQueue::Failures(const Key& key) const {
  const std::lock_guard lock(mutex_);
  return limiter_.Failures(key);
}

void WorkQueue::PromoteDue() {
  if (delayed_.empty()) return;
  const MonoTime now = clock_.Mono();
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    const Key key = delayed_.begin()->second;
    delayed_.erase(delayed_.begin());
    due_.erase(key);
    Enqueue(key);
  }
}

MonoTime WorkQueue::NextDue() const {
  return delayed_.empty() ? MonoTime::max() : delayed_.begin()->first;
}

std::optional<Key> WorkQueue::Front() {
  PromoteDue();
  if (queue_.empty()) return std::nullopt;
  Key key = std::move(queue_.front());
  queue_.pop_front();
  dirty_.erase(key);
  processing_.insert(key);
  return key;
}

std::optional<Key> WorkQueue::TryTake() {
  const std::lock_guard lock(mutex_);
  return Front();
}

std::optional<Key> WorkQueue::Take(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (std::optional<Key> key = Front()) return key;
    const MonoTime due = NextDue();
    clock_.WaitUntil(lock, changed_, stop, due,
                     [this, due] { return !queue_.empty() || NextDue() < due; });
  }
  return std::nullopt;
}

void WorkQueue::Done(const Key& key) {
  const std::lock_guard lock(mutex_);
  processing_.erase(key);
  ++activity_;
  if (dirty_.contains(key)) {
    queue_.push_back(key);
    changed_.notify_one();
  } else if (queue_.empty() && processing_.empty()) {
    idle_.notify_all();
  }
}

bool WorkQueue::Drain(std::chrono::steady_clock::duration deadline) {
  std::unique_lock lock(mutex_);
  // A key whose time has come counts as queued, even if no worker has looked since.
  PromoteDue();
  return idle_.wait_for(lock, deadline, [this] { return queue_.empty() && processing_.empty(); });
}

bool WorkQueue::Idle() const {
  const std::lock_guard lock(mutex_);
  const bool due = !delayed_.empty() && delayed_.begin()->first <= clock_.Mono();
  return queue_.empty() && processing_.empty() && !due;
}

std::uint64_t WorkQueue::Activity() const {
  const std::lock_guard lock(mutex_);
  return activity_;
}

std::size_t WorkQueue::Depth() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

std::size_t WorkQueue::Delayed() const {
  const std::lock_guard lock(mutex_);
  return delayed_.size();
}

}  // namespace osbx::ctrl
