// SPDX-License-Identifier: Apache-2.0
#include "apiserver/metrics.h"

#include <limits>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "api/schema.h"

namespace osbx::apiserver {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric Counter(double value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = value;
  return metric;
}

ClientMetric Gauge(double value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  return metric;
}

MetricFamily Family(std::string name, std::string help, MetricType type,
                    std::vector<ClientMetric> metrics) {
  MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  family.metric = std::move(metrics);
  return family;
}

class ServerCollector final : public prometheus::Collectable {
 public:
  ServerCollector(const http::Counters& counters, const WatchHub& hub, const store::Store& store)
      : counters_(counters), hub_(hub), store_(store) {}

  std::vector<MetricFamily> Collect() const override {
    const auto counter = [](std::string name, std::string help, double value) {
      return Family(std::move(name), std::move(help), MetricType::Counter, {Counter(value)});
    };
    const auto gauge = [](std::string name, std::string help, double value) {
      return Family(std::move(name), std::move(help), MetricType::Gauge, {Gauge(value)});
    };
    return {
        Requests(),
        Latency(),
        counter("osbx_http_connections_total", "Connections accepted.",
                static_cast<double>(counters_.connections_total.load())),
        counter("osbx_http_slow_streams_dropped_total", "Streams ended for a reader too slow.",
                static_cast<double>(counters_.slow_streams_dropped.load())),
        gauge("osbx_http_connections", "Open connections.",
              static_cast<double>(counters_.connections.load())),
        gauge("osbx_http_in_flight", "Requests being handled.",
              static_cast<double>(counters_.in_flight.load())),
        gauge("osbx_http_streams", "Open streams.", static_cast<double>(counters_.streams.load())),
        gauge("osbx_http_websockets", "Open WebSockets.",
              static_cast<double>(counters_.websockets.load())),
        gauge("osbx_watchers", "Open watches.", static_cast<double>(hub_.Watchers())),
        gauge("osbx_store_revision", "Revision of the store.",
              static_cast<double>(store_.Current())),
        Objects(),
    };
  }

 private:
  MetricFamily Requests() const {
    std::vector<ClientMetric> metrics;
    for (std::size_t m = 0; m < http::kCountedMethods.size(); ++m) {
      for (std::size_t c = 0; c < http::kCodes; ++c) {
        const auto count = counters_.requests.at(m).at(c).load(std::memory_order_relaxed);
        const int code = http::kFirstCode + static_cast<int>(c);
        if (count == 0 && code != 200) continue;
        metrics.push_back(Counter(static_cast<double>(count),
                                  {{"method", std::string(http::kCountedMethods.at(m))},
                                   {"code", std::to_string(code)}}));
      }
    }
    return Family("osbx_http_requests_total", "Requests answered, by method and status.",
                  MetricType::Counter, std::move(metrics));
  }

  MetricFamily Latency() const {
    ClientMetric metric;
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < counters_.latency.size(); ++i) {
      total += counters_.latency.at(i).load(std::memory_order_relaxed);
      const double bound = i < http::kLatencyBounds.size()
                               ? http::kLatencyBounds.at(i)
                               : std::numeric_limits<double>::infinity();
      ClientMetric::Bucket bucket;
      bucket.cumulative_count = total;
      bucket.upper_bound = bound;
      metric.histogram.bucket.push_back(bucket);
    }
    metric.histogram.sample_count = total;
    metric.histogram.sample_sum = static_cast<double>(counters_.latency_sum_us.load()) / 1e6;
    return Family("osbx_http_request_seconds", "Time in the handlers of requests.",
                  MetricType::Histogram, {std::move(metric)});
  }

  MetricFamily Objects() const {
    std::vector<ClientMetric> metrics;
    for (const api::Kind& kind : api::AllKinds()) {
      const std::size_t count = store_.List({.kind = kind.plural}).objects.size();
      metrics.push_back(Gauge(static_cast<double>(count), {{"kind", kind.plural}}));
    }
    return Family("osbx_objects", "Objects in the store.", MetricType::Gauge, std::move(metrics));
  }

  const http::Counters& counters_;
  const WatchHub& hub_;
  const store::Store& store_;
};

}  // namespace

std::shared_ptr<prometheus::Collectable> MakeServerCollector(const http::Counters& counters,
                                                             const WatchHub& hub,
                                                             const store::Store& store) {
  return std::make_shared<ServerCollector>(counters, hub, store);
}

std::string RenderMetrics(const Collectors& collectors) {
  std::vector<MetricFamily> families;
  for (const auto& collector : collectors) {
    for (MetricFamily& family : collector->Collect()) families.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace osbx::apiserver
