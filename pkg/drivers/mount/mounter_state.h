// SPDX-License-Identifier: Apache-2.0
// The parts a Mounter is made of; internal to its source files. Thread-safe: of the parts the
// reaper and the table have mutable state, each with its own lock.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "base/subprocess.h"
#include "drivers/mount/credential_dir.h"
#include "drivers/mount/failure.h"
#include "drivers/mount/live_mount_table.h"
#include "drivers/mount/mounter.h"
#include "drivers/mount/process_table.h"
#include "drivers/mount/server_group.h"
#include "drivers/mount/target_dirs.h"

namespace osbx::mount {

// Stacked mounts on one target; more of them mean that something else is at work there.
inline constexpr int kMaxStacked = 16;
// For a process to end after SIGKILL.
inline constexpr std::chrono::milliseconds kKillTimeout{3'000};

struct Mounter::State {
  MounterOptions options;
  TargetDirs dirs;
  CredentialDir credentials;
  ServerRegistry servers;
  ChildReaper reaper;
  LiveMountTable mounts;

  std::string LogDir(const std::string& name) const {
    return options.state_dir + "/mounts/" + name;
  }
  // Runs the helper to its end; its exit code is an errno. `tag` is the path it may hang on: while
  // an earlier one still hangs there, no other is started (kDeadlineExceeded at once).
  Result<int> RunHelper(std::vector<std::string> arguments, std::chrono::milliseconds timeout,
                        const std::string& tag);
  Result<> Probe(const std::string& target, ProbeDepth depth, std::chrono::milliseconds timeout);
  // Removes every mount of ours stacked on the target, lazily.
  Result<> DetachAll(const std::string& target);
  MountRecord Describe(const std::string& name, const MountInfoRow& row) const;
};

// The error of a mount that is in use; the causes name who uses it.
Error BusyError(const std::string& target, std::span<const Holder> holders);

}  // namespace osbx::mount
