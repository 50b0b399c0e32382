// SPDX-License-Identifier: Apache-2.0
#include "fakes/fake_clock.h"

#include <algorithm>
#include <utility>

namespace osbx::fakes {
namespace {

constexpr std::chrono::seconds kStart{1'767'225'600};  // 2026-01-01T00:00:00Z

}  // namespace

FakeClock::FakeClock() : now_(kStart), mono_(std::chrono::hours(1)) {}

Time FakeClock::Now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

MonoTime FakeClock::Mono() const {
  const std::lock_guard lock(mutex_);
  return mono_;
}

std::size_t FakeClock::Waiters() const {
  const std::lock_guard lock(mutex_);
  return waiters_.size();
}

bool FakeClock::WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable_any& cv,
                          std::stop_token stop, MonoTime deadline,
                          const std::function<bool()>& ready) {
  if (deadline == MonoTime::max()) return cv.wait(lock, std::move(stop), ready);
  const auto waiter = std::make_shared<Waiter>();
  waiter->mutex = lock.mutex();
  waiter->cv = &cv;
  {
    const std::lock_guard own(mutex_);
    waiters_.push_back(waiter);
  }
  cv.wait(lock, std::move(stop),
          [this, deadline, &ready] { return ready() || Mono() >= deadline; });
  Leave(lock, waiter);
  return ready();
}

// The caller's mutex must not be held while an Advance that wants it is waited for.
void FakeClock::Leave(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Waiter>& waiter) {
  lock.unlock();
  {
    std::unique_lock own(mutex_);
    waiters_.erase(std::find(waiters_.begin(), waiters_.end(), waiter));
    unpinned_.wait(own, [&waiter] { return waiter->pins == 0; });
  }
  lock.lock();
}

void FakeClock::Advance(Duration by) {
  std::vector<std::shared_ptr<Waiter>> waiters;
  {
    const std::lock_guard lock(mutex_);
    now_ += std::chrono::duration_cast<Time::duration>(by);
    mono_ += std::chrono::duration_cast<MonoTime::duration>(by);
    waiters = waiters_;
    for (const auto& waiter : waiters) ++waiter->pins;
  }
  for (const auto& waiter : waiters) {
    // Between its look at the time and its sleep a waiter holds its mutex: the wake-up is not lost.
    { const std::lock_guard theirs(*waiter->mutex); }
    waiter->cv->notify_all();
  }
  {
    const std::lock_guard lock(mutex_);
    for (const auto& waiter : waiters) --waiter->pins;
  }
  unpinned_.notify_all();
}

}  // namespace osbx::fakes
