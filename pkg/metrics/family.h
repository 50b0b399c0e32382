// SPDX-License-Identifier: Apache-2.0
// Prometheus' families from plain numbers. Labels come from fixed sets, and every row that can
// occur is made from the start, at zero, so that rates are right from the first scrape. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "base/histogram.h"

namespace osbx::metrics {

using Families = std::vector<prometheus::MetricFamily>;
using Labels = std::vector<prometheus::ClientMetric::Label>;
using Rows = std::vector<prometheus::ClientMetric>;

prometheus::ClientMetric Counter(double value, Labels labels = {});
prometheus::ClientMetric Gauge(double value, Labels labels = {});
prometheus::ClientMetric HistogramRow(const HistogramSnapshot& histogram, Labels labels = {});

prometheus::MetricFamily Counters(std::string name, std::string help, Rows rows);
prometheus::MetricFamily Gauges(std::string name, std::string help, Rows rows);
prometheus::MetricFamily Histograms(std::string name, std::string help, Rows rows);

// A family of one row without labels.
template <class Number>
prometheus::MetricFamily OneCounter(std::string name, std::string help, Number value) {
  return Counters(std::move(name), std::move(help), {Counter(static_cast<double>(value))});
}
template <class Number>
prometheus::MetricFamily OneGauge(std::string name, std::string help, Number value) {
  return Gauges(std::move(name), std::move(help), {Gauge(static_cast<double>(value))});
}

}  // namespace osbx::metrics
