// SPDX-License-Identifier: Apache-2.0
// Time as a dependency: the real clock in osbxd, a hand-moved one in tests
// (tests/fakes/fake_clock.h). Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>

namespace osbx {

using Time = std::chrono::system_clock::time_point;      // wall clock: what people and expiry see
using MonoTime = std::chrono::steady_clock::time_point;  // for delays and deadlines
using Duration = std::chrono::nanoseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time Now() const = 0;
  virtual MonoTime Mono() const = 0;

  // Waits on `cv` until `ready` holds, `deadline` has passed by this clock or `stop` is requested.
  // Returns ready(). A fake clock wakes its waiters when it is advanced.
  virtual bool WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable_any& cv,
                         std::stop_token stop, MonoTime deadline,
                         const std::function<bool()>& ready) = 0;
};

// The machine's clock; a stateless singleton for wiring in main().
Clock& RealClock();

}  // namespace osbx
