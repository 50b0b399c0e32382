// SPDX-License-Identifier: Apache-2.0
// The processes of one start of a FUSE program: the command itself and the server it leaves behind,
// which has its own session and init as parent. Found by a marker in their environment (it
// survives a crash of this process) and by their control group. Thread-safe; stateless but for
// names.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "drivers/mount/cgroup.h"
#include "drivers/mount/mountinfo.h"

namespace osbx::mount {

struct ServerProcess {
  pid_t pid = 0;
  std::string leaf;  // of its start
  std::string name;  // of the mount
  std::string command;
  unsigned connection = 0;   // FUSE connection, if the kernel tells
  bool device_open = false;  // it serves a mount (or is about to)
};

class ServerRegistry {
 public:
  ServerRegistry() = default;
  // `domain` tells apart the servers of two daemons on one host.
  ServerRegistry(CgroupTree cgroups, std::string domain)
      : cgroups_(std::move(cgroups)), domain_(std::move(domain)) {}

  // One start of a program.
  struct Start {
    std::string leaf;    // "<name>.<nonce>"
    std::string marker;  // "OSBX_MOUNT=<domain>:<leaf>", for its environment
    std::string cgroup;  // path; "": none
  };
  Start NewStart(const std::string& name) const;
  // Kills all of it and waits for their end; true when none is left.
  bool KillStart(const Start& start, std::chrono::milliseconds timeout) const;

  // All live processes we started, or those for one mount.
  std::vector<ServerProcess> Servers(const std::string& name = "") const;
  // The one that serves the mount of `row`.
  std::optional<ServerProcess> ServerOf(const std::string& name, const MountInfoRow& row) const;
  // Kills earlier starts of which no process serves anything: their daemon died while they began.
  void KillUnfinished(const std::string& name, std::chrono::milliseconds timeout) const;
  // Removes the empty groups of a mount.
  void RemoveCgroups(const std::string& name) const;

 private:
  CgroupTree cgroups_;
  std::string domain_;
};

}  // namespace osbx::mount
