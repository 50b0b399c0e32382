// SPDX-License-Identifier: Apache-2.0
// Running containers whose mounts were made anew: what they see is looked up in procfs, and the
// dead mount is replaced inside them without a restart (design §4, "fail closed"; facts/mounts.md
// §1). Thread-safe: no state.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "drivers/mount/inside.h"
#include "drivers/mount/mounter.h"
#include "reconcilers/engine/container_table.h"

namespace osbx::reconcilers {

// One volume of a running container.
struct SeenVolume {
  std::string mount_path;  // in the container
  std::string target;      // on the host
  std::int64_t device_minor = 0;
  bool read_only = false;
};

// What the healer needs of the host; a test has its own.
struct InsideOps {
  std::function<Result<mount::InsideView>(pid_t)> look;
  std::function<Result<>(const std::string& target, const mount::InsidePlace&)> replace;
};

class Healer {
 public:
  explicit Healer(InsideOps inside) : inside_(std::move(inside)) {}

  // Whether the container shows the volume's present mount. One that cannot be looked at (it has
  // just ended) is not called stale: its own events tell what is to be done.
  bool SeesPresent(const ContainerRow& container, const SeenVolume& volume) const;

  // Gives the container the present mount; false when it had it. Errors: kNotFound, the container
  // has ended.
  Result<bool> Replace(const ContainerRow& container, const SeenVolume& volume) const;

 private:
  InsideOps inside_;
};

}  // namespace osbx::reconcilers
