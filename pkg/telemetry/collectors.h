// SPDX-License-Identifier: Apache-2.0
// What the daemon measures beside its HTTP server, as Prometheus families: controllers, slow
// operations, Docker calls, the store, events, and how many sandboxes and mounts are in which
// state. Each collector reads its source at a scrape and keeps nothing; the source must outlive it.
// Every row that can occur is there from the start, at zero. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "ctrl/cache.h"
#include "ctrl/event_recorder.h"
#include "ctrl/manager.h"
#include "drivers/docker/client.h"
#include "store/sqlite_store.h"

namespace prometheus {
class Collectable;
}

namespace osbx::telemetry {

using Collector = std::shared_ptr<prometheus::Collectable>;

// osbx_reconcile_total{controller,result}, osbx_reconcile_seconds{controller},
// osbx_queue_depth{controller}, osbx_queue_delayed{controller}.
Collector OfControllers(const ctrl::Manager& manager);

struct ExecutorLoad {
  std::string_view name = {};
  std::size_t in_flight = 0;  // running and waiting for a thread
};
// osbx_ops_inflight{executor}.
Collector OfExecutors(std::function<std::vector<ExecutorLoad>()> read);

// osbx_docker_calls_total{operation,result}, osbx_docker_call_seconds{operation},
// osbx_docker_breaker{state}.
Collector OfDocker(const docker::Client& docker);

// osbx_store_commits_total{result}, osbx_store_batch_size, osbx_store_transaction_seconds,
// osbx_store_database_bytes, osbx_store_wal_bytes, osbx_store_window_events,
// osbx_store_window_bytes.
Collector OfStore(const store::SqliteStore& store);

// osbx_sandboxes{phase}, osbx_mounts{backend,state}: what the objects say. Both kinds are declared.
Collector OfObjects(const ctrl::Cache& cache);

// osbx_events_dropped_total.
Collector OfEvents(const ctrl::EventRecorder& events);

}  // namespace osbx::telemetry
