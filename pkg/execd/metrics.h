// SPDX-License-Identifier: Apache-2.0
// What the sandbox may use and does use, from its own cgroup (version 2, or 1), not the host's
// figures (W63). Sampling never waits: the processor share is that since the last sample.
// Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace osbx::execd {

struct Metrics {
  double cpu_count = 1;
  double cpu_used_pct = 0;  // of cpu_count, 0 to 100
  double mem_total_mib = 0;
  double mem_used_mib = 0;
  std::int64_t timestamp_ms = 0;
  std::string ToJson() const;
};

// How many processes of the sandbox the kernel has ended for want of memory; -1 when that cannot be
// told. `cgroup`: where its file system is.
std::int64_t OomKills(const std::string& cgroup = "/sys/fs/cgroup");

class Meter {
 public:
  // Where the cgroup file system and proc are; parameters for tests.
  Meter(std::string cgroup, std::string proc);
  Metrics Sample();

 private:
  std::int64_t UsedCpuUs() const;
  double CpuCount() const;

  const std::string cgroup_;
  const std::string proc_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point last_;
  std::int64_t last_cpu_us_ = 0;
  double last_pct_ = 0;
};

}  // namespace osbx::execd
