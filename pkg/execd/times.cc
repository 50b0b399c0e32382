// SPDX-License-Identifier: Apache-2.0
#include "execd/times.h"

#include <array>
#include <cstdio>

namespace osbx::execd {

std::string FormatNs(const timespec& time) {
  std::tm utc{};
  gmtime_r(&time.tv_sec, &utc);
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ",
                utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                utc.tm_sec, time.tv_nsec);
  return text.data();
}

std::string FormatNs(std::chrono::system_clock::time_point time) {
  const auto ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  return FormatNs(timespec{.tv_sec = ns / kNsPerSecond, .tv_nsec = ns % kNsPerSecond});
}

}  // namespace osbx::execd
