// SPDX-License-Identifier: Apache-2.0
// A clock that stands still until a test advances it. Whoever waits by it wakes when its deadline
// has been passed, and as ever when it is notified or stopped. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"

namespace osbx::fakes {

class FakeClock final : public Clock {
 public:
  // Starts at 2026-01-01T00:00:00Z.
  FakeClock();

  Time Now() const override;
  MonoTime Mono() const override;
  bool WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable_any& cv,
                 std::stop_token stop, MonoTime deadline,
                 const std::function<bool()>& ready) override;

  // Moves both times and wakes all waiters to look again.
  void Advance(Duration by);

  // How many threads wait with a deadline now.
  std::size_t Waiters() const;

 private:
  struct Waiter {
    std::mutex* mutex = nullptr;
    std::condition_variable_any* cv = nullptr;
    int pins = 0;  // Advance calls that may touch the two; guarded by the clock's mutex
  };
  void Leave(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Waiter>& waiter);

  mutable std::mutex mutex_;
  std::condition_variable unpinned_;
  Time now_;
  MonoTime mono_;
  std::vector<std::shared_ptr<Waiter>> waiters_;
};

}  // namespace osbx::fakes
