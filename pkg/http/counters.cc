// SPDX-License-Identifier: Apache-2.0
#include "http/counters.h"

#include <algorithm>

namespace osbx::http {

std::size_t Counters::MethodIndex(std::string_view method) {
  const auto* found = std::find(kCountedMethods.begin(), kCountedMethods.end() - 1, method);
  return static_cast<std::size_t>(found - kCountedMethods.begin());
}

void Counters::Count(std::string_view method, int code, double seconds) {
  constexpr auto kOrder = std::memory_order_relaxed;
  const int slot = std::clamp(code - kFirstCode, 0, kCodes - 1);
  requests.at(MethodIndex(method)).at(static_cast<std::size_t>(slot)).fetch_add(1, kOrder);
  const auto* bound = std::lower_bound(kLatencyBounds.begin(), kLatencyBounds.end(), seconds);
  latency.at(static_cast<std::size_t>(bound - kLatencyBounds.begin())).fetch_add(1, kOrder);
  latency_sum_us.fetch_add(static_cast<std::uint64_t>(seconds * 1e6), kOrder);
}

}  // namespace osbx::http
