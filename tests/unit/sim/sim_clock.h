// SPDX-License-Identifier: Apache-2.0
// Time of a simulation: each look at it takes a microsecond, so that no two happenings have the
// same time and a run is the same each time; Advance lets time pass. Nobody may wait by it.
#pragma once

#include <mutex>

#include "base/clock.h"

namespace osbx::sim {

class SimClock final : public Clock {
 public:
  Time Now() const override {
    const std::lock_guard lock(mutex_);
    Tick();
    return kStart + std::chrono::duration_cast<Time::duration>(passed_);
  }
  MonoTime Mono() const override {
    const std::lock_guard lock(mutex_);
    Tick();
    return MonoTime(std::chrono::hours(1)) + passed_;
  }
  bool WaitUntil(std::unique_lock<std::mutex>& /*lock*/, std::condition_variable_any& /*cv*/,
                 std::stop_token /*stop*/, MonoTime /*deadline*/,
                 const std::function<bool()>& ready) override {
    return ready();
  }
  void Advance(Duration by) {
    const std::lock_guard lock(mutex_);
    passed_ += by;
  }

 private:
  static constexpr Time kStart{std::chrono::seconds(1'767'225'600)};  // 2026-01-01T00:00:00Z
  void Tick() const { passed_ += std::chrono::microseconds(1); }

  mutable std::mutex mutex_;  // the fake engine's threads look too, while the simulation waits
  mutable Duration passed_{0};
};

}  // namespace osbx::sim
