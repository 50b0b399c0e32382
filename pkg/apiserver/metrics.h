// SPDX-License-Identifier: Apache-2.0
// /metrics in Prometheus' text format: the server's own counters, the store's, and whatever other
// parts of the daemon registered. Every family exists from the start, at zero. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apiserver/watch.h"
#include "http/counters.h"
#include "store/store.h"

namespace prometheus {
class Collectable;
}

namespace osbx::apiserver {

using Collectors = std::vector<std::shared_ptr<prometheus::Collectable>>;

// Reads `counters`, `hub` and `store` at each collection; they must outlive it.
std::shared_ptr<prometheus::Collectable> MakeServerCollector(const http::Counters& counters,
                                                             const WatchHub& hub,
                                                             const store::Store& store);

std::string RenderMetrics(const Collectors& collectors);

}  // namespace osbx::apiserver
