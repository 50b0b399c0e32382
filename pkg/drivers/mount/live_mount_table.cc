// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/live_mount_table.h"

#include <fcntl.h>
#include <poll.h>

#include <cerrno>
#include <utility>

namespace osbx::mount {

Result<bool> LiveMountTable::Changed() {
  if (!poll_) {
    poll_ = UniqueFd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!poll_) return Error::FromErrno(errno, "open " + path_);
    return true;
  }
  pollfd wait{poll_.Get(), POLLPRI, 0};
  int told = 0;
  do {
    told = ::poll(&wait, 1, 0);
  } while (told < 0 && errno == EINTR);
  if (told < 0) return Error::FromErrno(errno, "poll " + path_);
  return told > 0;
}

Result<MountTablePtr> LiveMountTable::Now() {
  const std::lock_guard lock(mutex_);
  OSBX_TRY(const bool changed, Changed());
  if (changed) table_.reset();  // also if it cannot be read now: the change is told only once
  if (!table_) {
    OSBX_TRY(MountTable table, MountTable::Read(path_));
    table_ = std::make_shared<const MountTable>(std::move(table));
  }
  return table_;
}

}  // namespace osbx::mount
