// SPDX-License-Identifier: Apache-2.0
#include "usage.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace osbx::ctl {
namespace {

constexpr std::int64_t kMebibyte = 1024LL * 1024;
// Docker reports the host's memory, or close to the largest number, where there is no limit.
constexpr std::int64_t kNoLimit = std::int64_t{1} << 50;

std::int64_t Number(const Json& object, const char* member) {
  if (!object.contains(member) || !object[member].is_number()) return 0;
  return object[member].get<std::int64_t>();
}

}  // namespace

Usage UsageBetween(const Json& first, const Json& second, std::int64_t nanoseconds) {
  // A restarted container counts from zero again.
  const std::int64_t used = std::max<std::int64_t>(
      0, Number(second, "cpuTotalNanoseconds") - Number(first, "cpuTotalNanoseconds"));
  const std::int64_t limit = Number(second, "memoryLimitBytes");
  return {.cpu_millis = nanoseconds <= 0 ? 0 : (used * 1000 + nanoseconds / 2) / nanoseconds,
          .memory_bytes = Number(second, "memoryBytes"),
          .memory_limit_bytes = limit >= kNoLimit ? 0 : limit,
          .pids = Number(second, "pids")};
}

std::string CpuText(std::int64_t millis) {
  return std::to_string(millis) + "m";
}

std::string MemoryText(std::int64_t bytes) {
  if (bytes < kMebibyte) return std::to_string(bytes / 1024) + "Ki";
  return std::to_string(bytes / kMebibyte) + "Mi";
}

std::string PercentText(const Usage& usage) {
  if (usage.memory_limit_bytes <= 0) return "<none>";
  return std::to_string(usage.memory_bytes * 100 / usage.memory_limit_bytes) + "%";
}

}  // namespace osbx::ctl
