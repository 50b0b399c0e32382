// SPDX-License-Identifier: Apache-2.0
// Events for people: in the order they happened, with ages. Pure.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "table.h"

namespace osbx::ctl {

struct EventRowOptions {
  bool with_namespace = false;
  bool with_object = true;
  bool header = true;
  Time now = {};
};
// LAST SEEN, TYPE, REASON, OBJECT, MESSAGE; a repeated one is "12s (x4 over 3m)".
Rows EventRows(const std::vector<Json>& events, const EventRowOptions& options);

// Oldest first, by when they were seen last.
void SortEvents(std::vector<Json>& events);

// "5m" since an RFC 3339 time; "<unknown>" when it is none.
std::string AgeOf(const std::string& time, Time now);

Time Now();

}  // namespace osbx::ctl
