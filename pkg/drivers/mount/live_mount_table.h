// SPDX-License-Identifier: Apache-2.0
// The mount table as it is now, read only when it has changed. The kernel counts the changes of a
// mount namespace and says through poll(2) on mountinfo whether there was one since the last poll:
// what was read after a poll is true until a later poll says otherwise, so an answer is never older
// than the call for it. Thread-safe; never touches a mounted file system.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "drivers/mount/mountinfo.h"

namespace osbx::mount {

using MountTablePtr = std::shared_ptr<const MountTable>;

class LiveMountTable {
 public:
  explicit LiveMountTable(std::string path = "/proc/self/mountinfo") : path_(std::move(path)) {}
  LiveMountTable(const LiveMountTable&) = delete;
  LiveMountTable& operator=(const LiveMountTable&) = delete;

  // Every change that was made before the call is in it. The same object as before while nothing
  // has changed.
  Result<MountTablePtr> Now();

 private:
  Result<bool> Changed();  // since the last call; true for the first

  const std::string path_;
  std::mutex mutex_;     // guards all below
  UniqueFd poll_;        // remembers the last change that a poll has told
  MountTablePtr table_;  // null: not read since a change
};

}  // namespace osbx::mount
