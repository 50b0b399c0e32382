// SPDX-License-Identifier: Apache-2.0
#include "container_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int kMostLinks = 40;  // as the kernel (path_resolution(7))
constexpr mode_t kDirectoryMode = 0755;
constexpr mode_t kFileMode = 0644;

int OpenBelow(int directory, const std::string& path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(
      ::syscall(SYS_openat2, directory, path.empty() ? "." : path.c_str(), &how, sizeof how));
}

// Field 22, after the command's closing parenthesis; -1 when it cannot be read.
long long StartTimeOf(int pid) {
  std::array<char, 64> path{};
  std::snprintf(path.data(), path.size(), "/proc/%d/stat", pid);
  const int fd = ::open(path.data(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  std::array<char, 4096> text{};
  const ssize_t size = ::read(fd, text.data(), text.size() - 1);
  ::close(fd);
  const char* at = size <= 0 ? nullptr : std::strrchr(text.data(), ')');
  for (int field = 2; at != nullptr && field < 22; ++field) at = std::strchr(at + 1, ' ');
  return at == nullptr ? -1 : std::strtoll(at, nullptr, 10);
}

// "a//./b/" → "a/b"; ".." is left for the link walk, which knows where it stands.
std::string NextComponent(std::string& rest) {
  while (!rest.empty() && rest.front() == '/') rest.erase(0, 1);
  std::string component = rest.substr(0, rest.find('/'));
  rest.erase(0, component.size());
  return component;
}

std::string ParentOf(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string Join(const std::string& parent, const std::string& leaf) {
  return parent.empty() ? leaf : std::string(parent).append("/").append(leaf);
}

// The target of a symbolic link, or "" when `leaf` is none.
std::string LinkAt(int directory, const std::string& leaf) {
  std::array<char, PATH_MAX> text{};
  const ssize_t size = ::readlinkat(directory, leaf.c_str(), text.data(), text.size());
  return size <= 0 ? "" : std::string(text.data(), static_cast<std::size_t>(size));
}

// Makes one missing component; losing a race for it is fine.
int Make(int directory, const std::string& leaf, bool file) {
  if (!file) {
    return ::mkdirat(directory, leaf.c_str(), kDirectoryMode) == 0 || errno == EEXIST ? 0 : errno;
  }
  const int fd =
      ::openat(directory, leaf.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, kFileMode);
  if (fd < 0) return errno == EEXIST ? 0 : errno;
  ::close(fd);
  return 0;
}

// `path` with every symbolic link resolved inside the root; missing components are made.
int Resolve(int root, const std::string& path, bool file, std::string& out) {
  std::string rest = path;
  out.clear();
  for (int links = 0;;) {
    const std::string component = NextComponent(rest);
    if (component.empty()) return 0;
    if (component == ".") continue;
    if (component == "..") {
      out = ParentOf(out);
      continue;
    }
    const int directory = OpenBelow(root, out, O_DIRECTORY);
    if (directory < 0) return errno;
    const bool last = rest.find_first_not_of('/') == std::string::npos;
    int failed = 0;
    std::string link;
    // Asks no FUSE server, where access(2) would.
    struct statx info {};
    const int flags = AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;
    if (::statx(directory, component.c_str(), flags, STATX_TYPE, &info) != 0) {
      failed = errno;
      if (failed == ENOENT) failed = Make(directory, component, file && last);
    } else if (S_ISLNK(info.stx_mode)) {
      link = LinkAt(directory, component);
    }
    ::close(directory);
    if (failed != 0) return failed;
    if (link.empty()) {
      out = Join(out, component);
      continue;
    }
    if (++links > kMostLinks) return ELOOP;
    if (link.front() == '/') out.clear();
    rest.insert(0, link);
  }
}

// Whether the process lives in this one's mount namespace: then it is no container.
bool SharesOurMounts(int pid) {
  std::array<char, 64> path{};
  std::snprintf(path.data(), path.size(), "/proc/%d/ns/mnt", pid);
  struct stat theirs {};
  struct stat ours {};
  if (::stat(path.data(), &theirs) != 0 || ::stat("/proc/self/ns/mnt", &ours) != 0) return true;
  return theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

}  // namespace

int OpenContainer(int pid, long long start_time, ContainerRoot& out) {
  out.process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U));
  if (out.process < 0) return errno;
  std::array<char, 64> path{};
  std::snprintf(path.data(), path.size(), "/proc/%d/root", pid);
  out.root = ::open(path.data(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (out.root < 0) return errno == ENOENT ? ESRCH : errno;
  if (start_time != 0 && StartTimeOf(pid) != start_time) return ESRCH;
  if (SharesOurMounts(pid)) return EXDEV;
  // Alive after all that was read: the pid meant one process all along.
  return ::syscall(SYS_pidfd_send_signal, out.process, 0, nullptr, 0U) == 0 ? 0 : errno;
}

int EnterContainer(const ContainerRoot& container) {
  return ::setns(container.process, CLONE_NEWNS) == 0 ? 0 : errno;
}

int FindPlace(const ContainerRoot& container, const std::string& path, bool file, Place& out) {
  std::string resolved;
  if (const int failed = Resolve(container.root, path, file, resolved); failed != 0) {
    return failed;
  }
  if (resolved.empty()) return EINVAL;  // the root itself
  out.leaf = resolved.substr(resolved.rfind('/') + 1);
  out.parent = OpenBelow(container.root, ParentOf(resolved), O_DIRECTORY);
  if (out.parent < 0) return errno;
  out.self = OpenBelow(container.root, resolved, 0);
  return out.self < 0 ? errno : 0;
}
