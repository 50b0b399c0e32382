// SPDX-License-Identifier: Apache-2.0
// How long sandboxes take from their creation until they are first ready, as this process saw it:
// osbx_sandbox_ready_seconds. Sandboxes older than the process are not measured. Follows the store;
// thread-safe.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "base/histogram.h"
#include "store/store.h"
#include "telemetry/collectors.h"

namespace osbx::telemetry {

// Upper bounds in seconds: the goal is below 0.3, an image that must be pulled takes minutes.
inline constexpr std::array<double, 10> kReadyBounds = {0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 15, 60, 300};

class ReadyTimes {
 public:
  // Both outlive it.
  ReadyTimes(store::Store& store, const Clock& clock);

  HistogramSnapshot Read() const { return seconds_.Read(); }

 private:
  void Follow(const std::vector<store::EventPtr>& events);

  const Clock& clock_;
  Histogram seconds_{kReadyBounds};
  std::mutex mutex_;
  std::map<store::Key, MonoTime> waiting_;  // not yet ready; guarded by mutex_
  store::Subscription subscription_;        // last: it ends before what it fills goes
};

Collector OfReadyTimes(const ReadyTimes& times);

}  // namespace osbx::telemetry
