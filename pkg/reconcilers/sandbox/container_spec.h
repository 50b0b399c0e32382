// SPDX-License-Identifier: Apache-2.0
// The container that a sandbox is on Docker (design §5): a pure function from the object, what its
// volumes resolved to and the configuration. Deterministic: the same input gives the same
// container.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "api/v1/sandbox.h"
#include "base/result.h"
#include "drivers/docker/types.h"
#include "reconcilers/sandbox/host_ports.h"

namespace osbx::reconcilers {

// What is the same for every sandbox of this host.
struct ContainerDefaults {
  std::string execd_path;  // on the host
  std::string network_mode = "bridge";
  PublishOptions publish;
  std::string runtime;  // of containers ("runsc"); empty: the engine's own
  std::vector<std::string> drop_capabilities;
  std::string apparmor_profile;
  std::string seccomp_profile;  // the profile's JSON, or "unconfined"
  bool no_new_privileges = true;
  std::int64_t pids_limit = 4096;
  std::map<std::string, std::string> env;
  std::vector<docker::MountSpec> mounts;  // docker.sandbox_binds
};

// One volume, ready to be bound.
struct BoundVolume {
  docker::MountType type = docker::MountType::kBind;
  std::string source;  // host path or Docker volume
  std::string target;
  bool read_only = false;
};

// Paths inside every sandbox.
inline constexpr const char* kExecdInside = "/.osbx/execd";
inline constexpr const char* kSlotInside = "/.osbx/slot";
inline constexpr const char* kSocketInside = "/.osbx/slot/run/execd.sock";

// The same socket, its directory, and the file that execd takes its token from, below the slot on
// the host.
inline constexpr const char* kExecdDirectory = "run";
inline constexpr const char* kExecdSocket = "run/execd.sock";
inline constexpr const char* kExecdToken = "run/token";

// The container's name: derived from the object, so that a crash leaves nothing that cannot be
// found again (R4).
std::string ContainerName(const api::v1::Sandbox& sandbox);

// What one container has of its own.
struct ContainerParts {
  std::vector<std::string> command;  // the entrypoint to run, completed from the image
  std::vector<BoundVolume> volumes;
  std::string slot_path;
  std::vector<docker::PortSpec> ports;  // published on the host; execd listens on its own too
};

// kInvalid names a field that Docker cannot take.
Result<docker::ContainerSpec> BuildContainer(const api::v1::Sandbox& sandbox,
                                             const ContainerParts& parts,
                                             const ContainerDefaults& defaults);

// spec.runtime, or the host's default; "" for the engine's own.
std::string RuntimeOf(const api::v1::Sandbox& sandbox, const ContainerDefaults& defaults);

// The name of a network that somebody has made, or "" for the engine's own modes.
std::string UserNetworkOf(const std::string& network_mode);

// spec.resources.limits in the engine's units.
struct Limits {
  docker::Resources resources;
  int gpus = 0;  // -1: all
};
Result<Limits> LimitsOf(const api::v1::Sandbox& sandbox, std::int64_t pids_limit);

}  // namespace osbx::reconcilers
