// SPDX-License-Identifier: Apache-2.0
// The host of a simulation: its mount table and FUSE servers, slots and staged paths. The mount
// driver's own functions (mount::Mounter, slots, staging) and the ping of execd are defined here in
// their stead for this program, so that no root and no FUSE is needed. One thread.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "drivers/mount/mounter.h"

namespace osbx::sim {

struct Served {
  std::string name;  // of the Mount object
  std::int64_t mount_id = 0;
  std::int64_t pid = 0;
  bool alive = true;
};

class Kernel {
 public:
  Kernel();
  ~Kernel();
  static Kernel& Current();

  std::map<std::string, Served> mounts;  // by target
  std::set<std::string> staged;          // staging directories
  int failing_mounts = 0;                // so many next ones fail
  int lost_answers = 0;                  // so many next ones succeed and are reported as timed out
  // Called before each unmount of a living mount.
  std::function<void(const std::string& target)> on_unmount = [](const std::string&) {};

  mount::MountRecord RecordOf(const std::string& target) const;
  void Put(const std::string& name, const std::string& target);

 private:
  std::int64_t next_id_ = 100;
};

}  // namespace osbx::sim
