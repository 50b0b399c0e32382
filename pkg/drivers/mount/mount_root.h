// SPDX-License-Identifier: Apache-2.0
// Whether a path is the root of a mount, without asking the file system behind it (facts/mounts.md
// §2: statx with AT_STATX_DONT_SYNC is answered by the kernel alone, also for a hung FUSE server).
// Thread-safe.
#pragma once

#include <string>

#include "base/result.h"

namespace osbx::mount {

// kNotFound when the path does not exist.
Result<bool> IsMountRoot(const std::string& path);
Result<bool> IsMountRoot(int fd);

}  // namespace osbx::mount
