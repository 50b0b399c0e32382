// SPDX-License-Identifier: Apache-2.0
#include "graft.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "container_root.h"

namespace {

constexpr unsigned kMoveMountBeneath = 0x200;  // MOVE_MOUNT_BENEATH, not in Debian 12's headers
constexpr int kDetach = 2;    // MNT_DETACH (sys/mount.h clashes with linux/mount.h)
constexpr int kNoFollow = 8;  // UMOUNT_NOFOLLOW
constexpr unsigned long kPrivate = 1UL << 18;  // MS_PRIVATE

// What a descriptor stands for, without a question to a FUSE server.
int Identify(int fd, struct statx& out) {
  const int flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;
  return ::statx(fd, "", flags, STATX_TYPE | STATX_INO, &out) == 0 ? 0 : errno;
}

bool Same(const struct statx& a, const struct statx& b) {
  return a.stx_dev_major == b.stx_dev_major && a.stx_dev_minor == b.stx_dev_minor &&
         a.stx_ino == b.stx_ino;
}

bool IsMountRoot(const struct statx& info) {
  return (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

// A detached copy of the mount at `source` that is read-only, if it shall be, before anybody can
// see it.
int CloneTree(int source, bool read_only, int& out) {
  out = static_cast<int>(
      ::syscall(SYS_open_tree, source, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));
  if (out < 0) return errno;
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  if (read_only) attributes.attr_set |= MOUNT_ATTR_RDONLY;
  attributes.propagation = kPrivate;
  const long done =
      ::syscall(SYS_mount_setattr, out, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
  return done == 0 ? 0 : errno;
}

int MoveTo(int tree, int place, unsigned more = 0) {
  const long done = ::syscall(SYS_move_mount, tree, "", place, "",
                              MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH | more);
  return done == 0 ? 0 : errno;
}

int Unmount(const Place& place, int flags) {
  if (::fchdir(place.parent) != 0) return errno;
  const long done = ::syscall(SYS_umount2, place.leaf.c_str(), flags | kNoFollow);
  return done == 0 ? 0 : errno;
}

int Swap(int tree, const Place& place) {
  const int failed = MoveTo(tree, place.self, kMoveMountBeneath);
  if (failed == EINVAL) return MoveTo(tree, place.self);  // before 6.5: on top
  return failed != 0 ? failed : Unmount(place, kDetach);
}

}  // namespace

int RunGraft(const Graft& graft) {
  const int source = ::open(graft.source, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (source < 0) return errno;
  struct statx wanted {};
  int failed = Identify(source, wanted);
  int tree = -1;
  if (failed == 0) failed = CloneTree(source, graft.read_only, tree);
  ContainerRoot container;
  if (failed == 0) failed = OpenContainer(graft.pid, graft.start_time, container);
  if (failed == 0) failed = EnterContainer(container);
  Place place;
  const bool file = !S_ISDIR(wanted.stx_mode);
  if (failed == 0) failed = FindPlace(container, graft.inside, file, place);
  struct statx present {};
  if (failed == 0) failed = Identify(place.self, present);
  if (failed != 0) return failed;
  if (!IsMountRoot(present)) return MoveTo(tree, place.self);
  if (Same(present, wanted)) return 0;
  return Swap(tree, place);
}
