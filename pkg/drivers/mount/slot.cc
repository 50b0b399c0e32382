// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/slot.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/unique_fd.h"
#include "drivers/mount/mount_root.h"

namespace osbx::mount {
namespace {

constexpr const char* kSlotOptions = "size=256k,nr_inodes=64,mode=0755";
constexpr const char* kRunDir =
    "/run";  // below the slot: where execd, under any uid, binds its socket
constexpr mode_t kRunMode = 01777;

}  // namespace

Result<> EnsureSharedRoot(const std::string& root) {
  if (mkdir(root.c_str(), 0700) != 0 && errno != EEXIST)
    return Error::FromErrno(errno, "mkdir " + root);
  OSBX_TRY(const bool mounted, IsMountRoot(root));
  if (!mounted && ::mount(root.c_str(), root.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    return Error::FromErrno(errno, "bind " + root + " on itself");
  }
  if (::mount(nullptr, root.c_str(), nullptr, MS_SHARED | MS_REC, nullptr) != 0) {
    return Error::FromErrno(errno, "make " + root + " shared");
  }
  return {};
}

Result<std::string> EnsureSlot(const std::string& root, const std::string& id) {
  std::string path = root + "/" + id;
  if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
    return Error::FromErrno(errno, "mkdir " + path);
  OSBX_TRY(const bool mounted, IsMountRoot(path));
  if (!mounted && ::mount("osbx-slot", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                          kSlotOptions) != 0) {
    return Error::FromErrno(errno, "mount tmpfs at " + path);
  }
  const std::string run = path + kRunDir;
  if (mkdir(run.c_str(), kRunMode) != 0 && errno != EEXIST)
    return Error::FromErrno(errno, "mkdir " + run);
  if (chmod(run.c_str(), kRunMode) != 0) return Error::FromErrno(errno, "chmod " + run);
  return path;
}

std::vector<std::string> ListSlots(const std::string& root) {
  std::vector<std::string> out;
  std::error_code none;  // no root yet: no slots
  for (const auto& entry : std::filesystem::directory_iterator(root, none)) {
    out.push_back(entry.path().filename());
  }
  std::ranges::sort(out);
  return out;
}

Result<> RemoveSlot(const std::string& root, const std::string& id) {
  const std::string path = root + "/" + id;
  const Result<bool> mounted = IsMountRoot(path);
  if (!mounted) {
    if (mounted.error().os_errno() == ENOENT) return {};
    return mounted.error();
  }
  if (*mounted && umount2(path.c_str(), UMOUNT_NOFOLLOW) != 0) {
    // A container that is going away may hold it for a moment; detached, it goes with its last
    // user.
    if (errno != EBUSY || umount2(path.c_str(), UMOUNT_NOFOLLOW | MNT_DETACH) != 0) {
      return Error::FromErrno(errno, "unmount " + path);
    }
  }
  if (rmdir(path.c_str()) != 0 && errno != ENOENT) return Error::FromErrno(errno, "rmdir " + path);
  return {};
}

}  // namespace osbx::mount
