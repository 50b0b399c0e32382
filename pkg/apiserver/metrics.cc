// SPDX-License-Identifier: Apache-2.0
#include "apiserver/metrics.h"

#include <prometheus/text_serializer.h>

#include "api/schema.h"
#include "metrics/family.h"

namespace osbx::apiserver {

namespace {

using metrics::Families;
using metrics::OneCounter;
using metrics::OneGauge;
using prometheus::MetricFamily;

class ServerCollector final : public prometheus::Collectable {
 public:
  ServerCollector(const http::Counters& counters, const WatchHub& hub, const store::Store& store)
      : counters_(counters), hub_(hub), store_(store) {}

  Families Collect() const override {
    return {
        Requests(),
        Latency(),
        OneCounter("osbx_http_connections_total", "Connections accepted.",
                   counters_.connections_total.load()),
        OneCounter("osbx_http_slow_streams_dropped_total", "Streams ended for a reader too slow.",
                   counters_.slow_streams_dropped.load()),
        OneGauge("osbx_http_connections", "Open connections.", counters_.connections.load()),
        OneGauge("osbx_http_in_flight", "Requests being handled.", counters_.in_flight.load()),
        OneGauge("osbx_http_streams", "Open streams.", counters_.streams.load()),
        OneGauge("osbx_http_websockets", "Open WebSockets.", counters_.websockets.load()),
        OneGauge("osbx_watchers", "Open watches.", hub_.Watchers()),
        OneGauge("osbx_store_revision", "Revision of the store.", store_.Current()),
        Objects(),
    };
  }

 private:
  MetricFamily Requests() const {
    metrics::Rows rows;
    for (std::size_t m = 0; m < http::kCountedMethods.size(); ++m) {
      for (std::size_t c = 0; c < http::kCodes; ++c) {
        const auto count = counters_.requests.at(m).at(c).load(std::memory_order_relaxed);
        const int code = http::kFirstCode + static_cast<int>(c);
        if (count == 0 && code != 200) continue;
        rows.push_back(metrics::Counter(static_cast<double>(count),
                                        {{"method", std::string(http::kCountedMethods.at(m))},
                                         {"code", std::to_string(code)}}));
      }
    }
    return metrics::Counters("osbx_http_requests_total", "Requests answered, by method and status.",
                             std::move(rows));
  }

  MetricFamily Latency() const {
    HistogramSnapshot latency{.bounds = {http::kLatencyBounds.begin(), http::kLatencyBounds.end()},
                              .sum = static_cast<double>(counters_.latency_sum_us.load()) / 1e6};
    for (const auto& count : counters_.latency) {
      latency.counts.push_back(count.load(std::memory_order_relaxed));
    }
    return metrics::Histograms("osbx_http_request_seconds", "Time in the handlers of requests.",
                               {metrics::HistogramRow(latency)});
  }

  MetricFamily Objects() const {
    metrics::Rows rows;
    for (const api::Kind& kind : api::AllKinds()) {
      const std::size_t count = store_.List({.kind = kind.plural}).objects.size();
      rows.push_back(metrics::Gauge(static_cast<double>(count), {{"kind", kind.plural}}));
    }
    return metrics::Gauges("osbx_objects", "Objects in the store.", std::move(rows));
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
  Families families;
  for (const auto& collector : collectors) {
    for (MetricFamily& family : collector->Collect()) families.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace osbx::apiserver
