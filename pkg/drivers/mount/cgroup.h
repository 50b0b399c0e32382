// SPDX-License-Identifier: Apache-2.0
// Control groups of the FUSE servers: they keep a server out of the daemon's own group (which a
// service manager may kill as a whole) and let a half-started one be killed with all its children.
// Where no group can be made (no root, read-only hierarchy) everything works without; then Create
// answers "" and the rest does nothing. Thread-safe; stateless but for the path.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "drivers/mount/mountinfo.h"

namespace osbx::mount {

class CgroupTree {
 public:
  CgroupTree() = default;
  // Below the unified hierarchy, or the "pids" one of version 1: <mount>/<parent>.
  CgroupTree(const MountTable& table, const std::string& parent);

  std::string Create(const std::string& leaf) const;  // the new group's path; "": none
  std::vector<std::string> Leaves() const;            // names
  std::string PathOf(const std::string& leaf) const;
  void Remove(const std::string& leaf) const;  // if it is empty, and the parent after the last
  static std::vector<pid_t> Processes(const std::string& path);
  // All at once where the kernel can (cgroup.kill); false: the caller kills one by one.
  static bool KillAll(const std::string& path);

 private:
  std::string base_;  // "": no hierarchy
};

}  // namespace osbx::mount
