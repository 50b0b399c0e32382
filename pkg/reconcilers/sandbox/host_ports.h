// SPDX-License-Identifier: Apache-2.0
// Ports of the host for `osbx.network.publish = "ports"` (contract/docker_runtime.md §7): picked at
// random within a range and tried by binding them. Nothing is reserved: somebody may take a port
// before the engine does, so the caller picks anew when a start has failed and a port is not free.
// Thread-safe: no state.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "drivers/docker/types.h"

namespace osbx::reconcilers {

struct PublishOptions {
  bool enabled = false;
  std::string host_ip = "0.0.0.0";  // IPv4 address of the host to listen on
  std::uint16_t first_port = 40000;
  std::uint16_t last_port = 60000;
};

// Ports in the container that are published, as upstream does.
inline constexpr std::uint16_t kExecdPort = 44772;
inline constexpr std::uint16_t kWebPort = 8080;

// One free port for each published one; none unless enabled. kExhausted with reason NoFreePort.
Result<std::vector<docker::PortSpec>> ChooseHostPorts(const PublishOptions& options);

// Whether all of them could be bound now.
bool AllFree(std::span<const docker::PortSpec> ports);

}  // namespace osbx::reconcilers
