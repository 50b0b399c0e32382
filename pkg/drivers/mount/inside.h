// SPDX-License-Identifier: Apache-2.0
// What a running container sees of its mounts, read from procfs alone.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "drivers/mount/mountinfo.h"

namespace osbx::mount {

// The mount namespace of one process at one moment.
struct InsideView {
  pid_t pid = 0;
  std::int64_t start_time = 0;  // read before the table: a reused pid has another
  MountTable table{{}};

  // Whether the FUSE file system of device number `minor` is what is found at `place`. A place that
  // is reached through a symbolic link of the image is not in the table by that name; then it
  // counts when the file system is mounted anywhere inside.
  bool Shows(std::string_view place, std::int64_t minor) const;
};

// kNotFound when there is no such process.
Result<InsideView> LookInside(pid_t pid);

}  // namespace osbx::mount
