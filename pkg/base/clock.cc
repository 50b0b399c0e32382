// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

namespace osbx {
namespace {

class SystemClock final : public Clock {
 public:
  Time Now() const override { return std::chrono::system_clock::now(); }
  MonoTime Mono() const override { return std::chrono::steady_clock::now(); }
  bool WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable_any& cv,
                 std::stop_token stop, MonoTime deadline,
                 const std::function<bool()>& ready) override {
    if (deadline == MonoTime::max()) return cv.wait(lock, std::move(stop), ready);
    return cv.wait_until(lock, std::move(stop), deadline, ready);
  }
};

}  // namespace

Clock& RealClock() {
  static SystemClock clock;
  return clock;
}

}  // namespace osbx
