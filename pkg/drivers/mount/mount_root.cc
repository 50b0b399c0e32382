// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/mount_root.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace osbx::mount {
namespace {

Result<bool> Ask(int dir_fd, const char* path, int flags) {
  struct statx info {};
  if (statx(dir_fd, path, flags | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW,
            STATX_TYPE, &info) != 0) {
    return Error::FromErrno(errno, *path == '\0' ? "statx" : std::string("statx ") + path);
  }
  if ((info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) == 0) {
    return Error(Code::kUnimplemented,
                 "the kernel does not report mount roots (Linux 5.8 is needed)");
  }
  return (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

}  // namespace

Result<bool> IsMountRoot(const std::string& path) {
  return Ask(AT_FDCWD, path.c_str(), 0);
}

Result<bool> IsMountRoot(int fd) {
  return Ask(fd, "", AT_EMPTY_PATH);
}

}  // namespace osbx::mount
