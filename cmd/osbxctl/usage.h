// SPDX-License-Identifier: Apache-2.0
// Consumption out of two looks at a sandbox's counters. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"

namespace osbx::ctl {

struct Usage {
  std::int64_t cpu_millis = 0;  // thousandths of a core, over the time between the looks
  std::int64_t memory_bytes = 0;
  std::int64_t memory_limit_bytes = 0;  // 0: none
  std::int64_t pids = 0;
};

// `first` and `second` as the server's /stats gives them, taken `nanoseconds` apart.
Usage UsageBetween(const Json& first, const Json& second, std::int64_t nanoseconds);

std::string CpuText(std::int64_t millis);     // "250m"
std::string MemoryText(std::int64_t bytes);   // "12Mi", "300Ki"
std::string PercentText(const Usage& usage);  // of the memory limit; "<none>" without one

}  // namespace osbx::ctl
