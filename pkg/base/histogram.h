// SPDX-License-Identifier: Apache-2.0
// Counts of observations by size, in buckets that are fixed when it is made, as Prometheus has
// them. Lock-free, thread-safe; a snapshot taken during an observation may lack its sum.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

namespace osbx {

struct HistogramSnapshot {
  std::vector<double> bounds = {};         // inclusive upper bounds, rising
  std::vector<std::uint64_t> counts = {};  // one per bound and one beyond; not cumulative
  double sum = 0;
};

class Histogram {
 public:
  // `bounds` lives as long as the histogram: a constant.
  explicit Histogram(std::span<const double> bounds)
      : bounds_(bounds), counts_(bounds.size() + 1) {}

  void Observe(double value) {
    const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    counts_.at(static_cast<std::size_t>(bucket)).fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }

  HistogramSnapshot Read() const {
    HistogramSnapshot out{.bounds = {bounds_.begin(), bounds_.end()},
                          .sum = sum_.load(std::memory_order_relaxed)};
    for (const auto& count : counts_) out.counts.push_back(count.load(std::memory_order_relaxed));
    return out;
  }

 private:
  const std::span<const double> bounds_;
  std::vector<std::atomic<std::uint64_t>> counts_;
  std::atomic<double> sum_ = 0;
};

}  // namespace osbx
