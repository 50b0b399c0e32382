// SPDX-License-Identifier: Apache-2.0
#include "telemetry/collectors.h"

#include <array>
#include <map>
#include <string>
#include <utility>

#include "api/schema.h"
#include "api/v1/mount.h"
#include "api/v1/sandbox.h"
#include "metrics/family.h"

namespace osbx::telemetry {
namespace {

using metrics::Counter;
using metrics::Counters;
using metrics::Families;
using metrics::Gauge;
using metrics::Gauges;
using metrics::HistogramRow;
using metrics::Histograms;
using metrics::OneCounter;
using metrics::OneGauge;
using metrics::Rows;

// Every collector is a function that makes its families.
class FunctionCollector final : public prometheus::Collectable {
 public:
  explicit FunctionCollector(std::function<Families()> collect) : collect_(std::move(collect)) {}
  Families Collect() const override { return collect_(); }

 private:
  const std::function<Families()> collect_;
};

Collector Make(std::function<Families()> collect) {
  return std::make_shared<FunctionCollector>(std::move(collect));
}

Families CollectControllers(const ctrl::Manager& manager) {
  Rows total;
  Rows seconds;
  Rows depth;
  Rows delayed;
  for (const ctrl::ControllerStats& stats : manager.Stats()) {
    const std::array<std::pair<const char*, std::uint64_t>, 5> results = {{
        {"success", stats.succeeded},
        {"again", stats.again},
        {"conflict", stats.conflicts},
        {"error", stats.failed - stats.threw},
        {"exception", stats.threw},
    }};
    for (const auto& [result, count] : results) {
      total.push_back(
          Counter(static_cast<double>(count), {{"controller", stats.name}, {"result", result}}));
    }
    seconds.push_back(HistogramRow(
        {.bounds = {ctrl::kReconcileBucketsSeconds.begin(), ctrl::kReconcileBucketsSeconds.end()},
         .counts = {stats.buckets.begin(), stats.buckets.end()},
         .sum = stats.seconds},
        {{"controller", stats.name}}));
    depth.push_back(Gauge(static_cast<double>(stats.queued), {{"controller", stats.name}}));
    delayed.push_back(Gauge(static_cast<double>(stats.delayed), {{"controller", stats.name}}));
  }
  return {
      Counters("osbx_reconcile_total", "Reconciles ended, by how; \"again\" asked for another.",
               std::move(total)),
      Histograms("osbx_reconcile_seconds", "Time of one reconcile.", std::move(seconds)),
      Gauges("osbx_queue_depth", "Keys that wait for a worker.", std::move(depth)),
      Gauges("osbx_queue_delayed", "Keys that wait for their time: retries and rechecks.",
             std::move(delayed)),
  };
}

// One for each generation of the program, as they fail and are replaced separately: "ossfs-2.0".
std::string BackendLabel(const std::string& backend, const std::string& version) {
  std::string label = backend;
  label += '-';
  return label += version;
}

std::string_view NameOf(docker::BreakerState state) {
  switch (state) {
    case docker::BreakerState::kClosed:
      return "closed";
    case docker::BreakerState::kOpen:
      return "open";
    case docker::BreakerState::kProbing:
      return "probing";
  }
  return "";
}

Families CollectDocker(const docker::Client& docker) {
  Rows calls;
  Rows seconds;
  for (const docker::CallStats& stats : docker.Stats()) {
    const std::string operation(stats.operation);
    for (std::size_t i = 0; i < stats.results.size(); ++i) {
      calls.push_back(
          Counter(static_cast<double>(stats.results.at(i)),
                  {{"operation", operation}, {"result", std::string(docker::kCallResults.at(i))}}));
    }
    seconds.push_back(HistogramRow(stats.seconds, {{"operation", operation}}));
  }
  Rows breaker;
  const docker::BreakerState present = docker.State();
  for (const auto state : {docker::BreakerState::kClosed, docker::BreakerState::kOpen,
                           docker::BreakerState::kProbing}) {
    breaker.push_back(Gauge(state == present ? 1 : 0, {{"state", std::string(NameOf(state))}}));
  }
  return {
      Counters("osbx_docker_calls_total",
               "Calls to the engine, by how they ended; \"held\" were not made.", std::move(calls)),
      Histograms("osbx_docker_call_seconds", "Time of one call; streams are left out.",
                 std::move(seconds)),
      Gauges("osbx_docker_breaker", "1 for the present state of the circuit breaker.",
             std::move(breaker)),
  };
}

Families CollectStore(const store::SqliteStore& store) {
  const store::StoreStats stats = store.Stats();
  return {
      Counters("osbx_store_commits_total",
               "Commits by their answer; \"refused\" broke a condition, \"failed\" met the disk.",
               {Counter(static_cast<double>(stats.committed), {{"result", "ok"}}),
                Counter(static_cast<double>(stats.refused), {{"result", "refused"}}),
                Counter(static_cast<double>(stats.failed), {{"result", "failed"}})}),
      Histograms("osbx_store_batch_size", "Commits that shared a transaction.",
                 {HistogramRow(stats.batch)}),
      Histograms("osbx_store_transaction_seconds", "Time until a transaction was durable.",
                 {HistogramRow(stats.seconds)}),
      OneGauge("osbx_store_database_bytes", "Size of the database file.",
               stats.sizes.database_bytes),
      OneGauge("osbx_store_wal_bytes", "Size of its write-ahead log.", stats.sizes.log_bytes),
      OneGauge("osbx_store_window_events", "Events kept for watches.", stats.window_events),
      OneGauge("osbx_store_window_bytes", "Size of their objects, serialised.", stats.window_bytes),
  };
}

// The values a field may have, from its schema.
std::vector<std::string> ValuesOf(std::string_view plural, std::string_view part,
                                  std::string_view field) {
  const api::Schema* object = api::FindKindByPlural(plural)->schema->Find(part);
  return object->Find(field)->enum_values;
}

constexpr const char* kNoPhaseYet = "Pending";  // of both kinds, until its controller has written

Families CollectObjects(const ctrl::Cache& cache) {
  std::map<std::string, double> phases;
  for (const std::string& phase : ValuesOf("sandboxes", "status", "phase")) phases[phase] = 0;
  for (const auto& sandbox : cache.List<api::v1::Sandbox>()) {
    const std::string& phase = sandbox->status.phase;
    ++phases[phase.empty() ? kNoPhaseYet : phase];
  }
  std::map<std::pair<std::string, std::string>, double> states;
  for (const std::string& backend : ValuesOf("mounts", "spec", "backend")) {
    for (const std::string& version : ValuesOf("mounts", "spec", "version")) {
      for (const std::string& state : ValuesOf("mounts", "status", "phase")) {
        states[{BackendLabel(backend, version), state}] = 0;
      }
    }
  }
  for (const auto& mount : cache.List<api::v1::Mount>()) {
    const std::string& state = mount->status.phase;
    ++states[{BackendLabel(mount->spec.backend, mount->spec.version),
              state.empty() ? kNoPhaseYet : state}];
  }
  Rows sandboxes;
  for (const auto& [phase, count] : phases) sandboxes.push_back(Gauge(count, {{"phase", phase}}));
  Rows mounts;
  for (const auto& [key, count] : states) {
    mounts.push_back(Gauge(count, {{"backend", key.first}, {"state", key.second}}));
  }
  return {Gauges("osbx_sandboxes", "Sandboxes by phase.", std::move(sandboxes)),
          Gauges("osbx_mounts", "Mounts by backend and phase.", std::move(mounts))};
}

}  // namespace

Collector OfControllers(const ctrl::Manager& manager) {
  return Make([&manager] { return CollectControllers(manager); });
}

Collector OfExecutors(std::function<std::vector<ExecutorLoad>()> read) {
  return Make([read = std::move(read)]() -> Families {
    Rows rows;
    for (const ExecutorLoad& load : read()) {
      rows.push_back(
          Gauge(static_cast<double>(load.in_flight), {{"executor", std::string(load.name)}}));
    }
    return {Gauges("osbx_ops_inflight", "Slow operations begun and not ended.", std::move(rows))};
  });
}

Collector OfDocker(const docker::Client& docker) {
  return Make([&docker] { return CollectDocker(docker); });
}
Collector OfStore(const store::SqliteStore& store) {
  return Make([&store] { return CollectStore(store); });
}
Collector OfObjects(const ctrl::Cache& cache) {
  return Make([&cache] { return CollectObjects(cache); });
}
Collector OfEvents(const ctrl::EventRecorder& events) {
  return Make([&events]() -> Families {
    return {OneCounter("osbx_events_dropped_total", "Events not recorded, because too many waited.",
                       events.Dropped())};
  });
}

}  // namespace osbx::telemetry
