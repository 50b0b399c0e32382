// SPDX-License-Identifier: Apache-2.0
#include "execd/metrics.h"

#include <sched.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "base/atomic_file.h"
#include "execd/events.h"

namespace osbx::execd {
namespace {

constexpr double kMib = 1024.0 * 1024.0;
constexpr std::chrono::milliseconds kShortestSpan{100};  // a shorter one says nothing
constexpr std::int64_t kUnlimited = std::int64_t{1} << 60;

// The first number in a file; `otherwise` when there is none ("max").
std::int64_t NumberIn(const std::string& path, std::int64_t otherwise) {
  const auto text = ReadFile(path, 4096);
  std::int64_t number = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), number).ec != std::errc())
    return otherwise;
  return number;
}

// The number after "<key> " or "<key>:" at the start of a line.
std::int64_t FieldIn(const std::string& path, const std::string& key, std::int64_t otherwise) {
  const auto file = ReadFile(path, 64U << 10);
  if (!file) return otherwise;
  const std::string text = "\n" + *file;
  std::size_t at = text.find("\n" + key);
  if (at == std::string::npos) return otherwise;
  at = text.find_first_not_of(" :\t", at + 1 + key.size());
  std::int64_t number = 0;
  if (at == std::string::npos ||
      std::from_chars(text.data() + at, text.data() + text.size(), number).ec != std::errc()) {
    return otherwise;
  }
  return number;
}

}  // namespace

std::int64_t OomKills(const std::string& cgroup) {
  constexpr const char* kField = "oom_kill ";  // not "oom_kill_disable"
  const std::int64_t v2 = FieldIn(cgroup + "/memory.events", kField, -1);
  return v2 >= 0 ? v2 : FieldIn(cgroup + "/memory/memory.oom_control", kField, -1);
}

std::string Metrics::ToJson() const {
  std::array<char, 256> text{};
  std::snprintf(text.data(), text.size(),
                "{\"cpu_count\":%.2f,\"cpu_used_pct\":%.2f,\"mem_total_mib\":%.2f,"
                "\"mem_used_mib\":%.2f,\"timestamp\":%lld}",
                cpu_count, cpu_used_pct, mem_total_mib, mem_used_mib,
                static_cast<long long>(timestamp_ms));
  return text.data();
}

Meter::Meter(std::string cgroup, std::string proc)
    : cgroup_(std::move(cgroup)), proc_(std::move(proc)) {
  last_ = std::chrono::steady_clock::now();
  last_cpu_us_ = UsedCpuUs();
}

std::int64_t Meter::UsedCpuUs() const {
  const std::int64_t v2 = FieldIn(cgroup_ + "/cpu.stat", "usage_usec", -1);
  return v2 >= 0 ? v2 : NumberIn(cgroup_ + "/cpuacct/cpuacct.usage", 0) / 1000;
}

double Meter::CpuCount() const {
  cpu_set_t set;
  CPU_ZERO(&set);
  double count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  double quota = static_cast<double>(NumberIn(cgroup_ + "/cpu/cpu.cfs_quota_us", -1));
  double period = static_cast<double>(NumberIn(cgroup_ + "/cpu/cpu.cfs_period_us", 0));
  if (const auto v2 = ReadFile(cgroup_ + "/cpu.max", 256); v2) {  // "max 100000"
    quota = static_cast<double>(NumberIn(cgroup_ + "/cpu.max", -1));
    const std::size_t space = v2->find(' ');
    period = space == std::string::npos ? 0 : std::strtod(v2->c_str() + space, nullptr);
  }
  if (quota > 0 && period > 0) count = std::min(count, quota / period);
  return count;
}

Metrics Meter::Sample() {
  Metrics metrics{.cpu_count = CpuCount(), .timestamp_ms = NowMs()};
  const std::int64_t host = FieldIn(proc_ + "/meminfo", "MemTotal", 0) * 1024;
  const bool v2 = NumberIn(cgroup_ + "/memory.current", -1) >= 0;
  const std::int64_t limit = v2 ? NumberIn(cgroup_ + "/memory.max", kUnlimited)
                                : NumberIn(cgroup_ + "/memory/memory.limit_in_bytes", kUnlimited);
  std::int64_t used = v2 ? NumberIn(cgroup_ + "/memory.current", 0)
                         : NumberIn(cgroup_ + "/memory/memory.usage_in_bytes", -1);
  if (used < 0) used = host - FieldIn(proc_ + "/meminfo", "MemAvailable", host) * 1024;
  // Page cache that can be dropped at once is not used, as docker counts it.
  used -= v2 ? FieldIn(cgroup_ + "/memory.stat", "inactive_file", 0)
             : FieldIn(cgroup_ + "/memory/memory.stat", "total_inactive_file", 0);
  metrics.mem_total_mib = static_cast<double>(host > 0 ? std::min(limit, host) : limit) / kMib;
  metrics.mem_used_mib = std::clamp(static_cast<double>(used) / kMib, 0.0, metrics.mem_total_mib);

  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  const auto span = std::chrono::duration_cast<std::chrono::microseconds>(now - last_);
  if (span >= kShortestSpan) {
    const std::int64_t cpu_us = UsedCpuUs();
    const double share = static_cast<double>(cpu_us - last_cpu_us_) /
                         (static_cast<double>(span.count()) * metrics.cpu_count);
    last_pct_ = std::clamp(share * 100.0, 0.0, 100.0);
    last_ = now;
    last_cpu_us_ = cpu_us;
  }
  metrics.cpu_used_pct = last_pct_;
  return metrics;
}

}  // namespace osbx::execd
