// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "agent/agent.h"

namespace osbx::agent {

// Cumulative CPU time, so that the reader may take two looks and divide.
Result<Json> Agent::Stats(const store::Key& sandbox) {
  OSBX_TRY(const std::string id, ContainerOf(sandbox));
  OSBX_TRY(const docker::ContainerStats stats, d_.docker.StatsContainer(id));
  return Json{{"kind", "SandboxStats"},
              {"apiVersion", "osbx.dev/v1"},
              {"metadata", {{"name", sandbox.name}, {"namespace", sandbox.ns}}},
              {"cpuTotalNanoseconds", stats.cpu_total_ns},
              {"systemCpuNanoseconds", stats.system_cpu_ns},
              {"onlineCpus", stats.online_cpus},
              {"memoryBytes", stats.memory_bytes},
              {"memoryLimitBytes", stats.memory_limit_bytes},
              {"pids", stats.pids},
              {"networkReceivedBytes", stats.network_rx_bytes},
              {"networkSentBytes", stats.network_tx_bytes}};
}

}  // namespace osbx::agent
