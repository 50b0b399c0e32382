// SPDX-License-Identifier: Apache-2.0
// Lets one process at a time own a file, through a lock file beside it that names the owner's pid.
// The kernel drops the lock with the process, however it ends. Move-only; one thread.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace osbx::store {

class FileLock {
 public:
  // Locks "<path>.lock". kFailedPrecondition "database <path> is in use by pid N" when taken.
  static Result<FileLock> Take(const std::string& path);

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace osbx::store
