// SPDX-License-Identifier: Apache-2.0
// Mounts in the mount namespace of a running container (facts: open_tree(2), move_mount(2),
// mount_setattr(2), kernel 5.12; MOVE_MOUNT_BENEATH 6.5). Return 0 or an errno.
#pragma once

struct Graft {
  int pid = 0;               // of any process of the container
  long long start_time = 0;  // see OpenContainer
  const char* source = nullptr;
  const char* inside = nullptr;  // path in the container
  bool read_only = false;
};

// Makes what is at `source` visible at `inside`; already so is success. What else is mounted there
// gives way in one step: the new mount goes beneath it before it is
// taken off, so nobody ever sees the bare directory. On kernels without that the new one is
// stacked on top.
int RunGraft(const Graft& graft);
