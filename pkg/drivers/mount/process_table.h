// SPDX-License-Identifier: Apache-2.0
// What /proc tells about FUSE servers and about the users of a mount. Reads only procfs and link
// texts, so it never touches a FUSE file system. All answers are momentary: processes come and go
// while they are collected. Thread-safe (no state).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "drivers/mount/mountinfo.h"

namespace osbx::mount {

// Of this start of the machine; a pid means nothing across two of them.
std::string BootId();

struct ProcessStat {
  char state = '?';             // 'Z' and 'X': has ended
  std::int64_t start_time = 0;  // clock ticks since boot: tells a reused pid
  std::string command;          // comm
  bool Ended() const { return state == 'Z' || state == 'X'; }
};
std::optional<ProcessStat> ReadProcessStat(pid_t pid);

// Every process whose environment has a variable beginning with `marker` ("NAME=prefix"); `value`
// is all behind the '='. Zombies have no environment and are left out.
struct MarkedProcess {
  pid_t pid = 0;
  std::string value;
};
std::vector<MarkedProcess> FindMarked(std::string_view marker);

// Whether the process serves a FUSE mount. The connection's number is known on newer kernels only
// (fdinfo); `connection` is 0 otherwise.
struct FuseServing {
  bool device_open = false;
  unsigned connection = 0;
};
FuseServing ReadFuseServing(pid_t pid);

// The process as a descriptor that cannot mean another one; none when it has ended or its start
// time is another (0: any).
UniqueFd OpenProcess(pid_t pid, std::int64_t start_time);
// Waits until it has ended (a zombie has). False: not within `timeout`.
bool WaitForEnd(const UniqueFd& process, std::chrono::milliseconds timeout);
void Kill(const UniqueFd& process);

// Who keeps a mount busy.
struct Holder {
  std::int64_t pid = 0;          // 0: a bind mount in this namespace
  std::string command;           // comm
  std::string path;              // of the bind mount, in the holder's namespace
  bool other_namespace = false;  // e.g. a container
};
// Bind mounts of `row`'s file system anywhere else: they keep its server alive although unmounting
// succeeds. Copies that are unmounted together with `row` are no holders.
std::vector<Holder> FindBinds(const MountInfoRow& row, const MountTable& table);
// Processes of this namespace with an open file, directory or mapping below the mount.
std::vector<Holder> FindOpenFiles(const MountInfoRow& row);

}  // namespace osbx::mount
