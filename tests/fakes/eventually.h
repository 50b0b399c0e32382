// SPDX-License-Identifier: Apache-2.0
// Waits for what other threads or processes will bring about: looks until the condition holds, at
// most until the deadline. Returns whether it held.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace osbx::fakes {

// Long enough for a sanitizer build on a busy machine; a passing test does not wait for it.
inline constexpr std::chrono::seconds kPatience{30};

inline bool Eventually(const std::function<bool()>& condition,
                       std::chrono::steady_clock::duration deadline = kPatience) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace osbx::fakes
