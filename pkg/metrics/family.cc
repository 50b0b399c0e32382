// SPDX-License-Identifier: Apache-2.0
#include "metrics/family.h"

#include <limits>

namespace osbx::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily Family(std::string name, std::string help, MetricType type, Rows rows) {
  MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  family.metric = std::move(rows);
  return family;
}

}  // namespace

ClientMetric Counter(double value, Labels labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = value;
  return metric;
}

ClientMetric Gauge(double value, Labels labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  return metric;
}

ClientMetric HistogramRow(const HistogramSnapshot& histogram, Labels labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    total += histogram.counts[i];
    ClientMetric::Bucket bucket;
    bucket.cumulative_count = total;
    bucket.upper_bound =
        i < histogram.bounds.size() ? histogram.bounds[i] : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back(bucket);
  }
  metric.histogram.sample_count = total;
  metric.histogram.sample_sum = histogram.sum;
  return metric;
}

MetricFamily Counters(std::string name, std::string help, Rows rows) {
  return Family(std::move(name), std::move(help), MetricType::Counter, std::move(rows));
}
MetricFamily Gauges(std::string name, std::string help, Rows rows) {
  return Family(std::move(name), std::move(help), MetricType::Gauge, std::move(rows));
}
MetricFamily Histograms(std::string name, std::string help, Rows rows) {
  return Family(std::move(name), std::move(help), MetricType::Histogram, std::move(rows));
}

}  // namespace osbx::metrics
