// SPDX-License-Identifier: Apache-2.0
// From settings to what the host needs: directories with their modes, program paths, container
// defaults. Runs once at start.
#pragma once

#include <string>

#include "base/result.h"
#include "config/config.h"
#include "drivers/mount/mounter.h"
#include "reconcilers/all.h"

namespace osbx {

struct HostPaths {
  std::string libexec_dir;  // osbx-execd and osbx-fuse-helper
  std::string slot_root;    // <run_dir>/slots, a shared mount
  std::string stage_root;   // <run_dir>/stage
  std::string install_key;  // <state_dir>/install.key
};

// Makes state, run and mount directories (root-only where they hold secrets) and the shared slot
// mount.
Result<HostPaths> PrepareHost(const config::Config& config);

// The settings as the reconcilers take them. kInvalid names the setting that cannot be used.
Result<reconcilers::HostOptions> HostOptionsOf(const config::Config& config,
                                               const HostPaths& paths);
mount::MounterOptions MounterOptionsOf(const config::Config& config, const HostPaths& paths);

std::string NodeName(const config::Config& config);

}  // namespace osbx
