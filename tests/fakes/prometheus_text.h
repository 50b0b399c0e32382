// SPDX-License-Identifier: Apache-2.0
// A strict reader of Prometheus' text format 0.0.4, for tests: every family has one HELP and one
// TYPE before its rows, no row occurs twice, histograms are cumulative and end at +Inf. Whatever
// breaks a rule is an entry of `faults`.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace osbx::fakes {

struct Scrape {
  std::map<std::string, std::string> types = {};  // family -> counter, gauge, histogram
  std::map<std::string, double> rows = {};        // name{labels} as written -> value
  std::vector<std::string> faults = {};

  double At(const std::string& row) const {  // -1: absent
    const auto found = rows.find(row);
    return found == rows.end() ? -1 : found->second;
  }
};

Scrape ParsePrometheusText(std::string_view text);

}  // namespace osbx::fakes
