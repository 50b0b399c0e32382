// SPDX-License-Identifier: Apache-2.0
// What the server counts about itself; exposed as metrics by whoever owns the server. Lock-free,
// thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace osbx::http {

inline constexpr std::array<std::string_view, 8> kCountedMethods = {
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "other"};
inline constexpr int kFirstCode = 100;
inline constexpr int kCodes = 500;  // 100..599
// Upper bounds of the latency buckets in seconds; one more bucket counts the rest.
inline constexpr std::array<double, 10> kLatencyBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                          0.05,   0.1,   0.5,    1,     10};

struct Counters {
  std::array<std::array<std::atomic<std::uint64_t>, kCodes>, kCountedMethods.size()> requests{};
  std::array<std::atomic<std::uint64_t>, kLatencyBounds.size() + 1>
      latency{};  // to the handler's return
  std::atomic<std::uint64_t> latency_sum_us{0};
  std::atomic<std::uint64_t> connections_total{0};
  std::atomic<std::uint64_t> slow_streams_dropped{0};
  std::atomic<std::int64_t> connections{0};
  std::atomic<std::int64_t> in_flight{0};  // handlers running
  std::atomic<std::int64_t> streams{0};
  std::atomic<std::int64_t> websockets{0};

  static std::size_t MethodIndex(std::string_view method);
  void Count(std::string_view method, int code, double seconds);
};

}  // namespace osbx::http
