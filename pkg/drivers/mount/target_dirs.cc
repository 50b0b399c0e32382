// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/target_dirs.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

#include "base/unique_fd.h"
#include "drivers/mount/failure.h"
#include "drivers/mount/placement.h"

namespace osbx::mount {
namespace {

UniqueFd OpenBeneath(int dir, const std::string& name, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_DIRECTORY | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, dir, name.c_str(), &how, sizeof how)));
}

Error InTheWay(const std::string& path, int os_errno) {
  switch (os_errno) {
    case EXDEV:
      return Failure(Code::kFailedPrecondition, reason::kTargetOccupied,
                     path + ": something is mounted there");
    case ELOOP:
    case ENOTDIR:
      return Failure(Code::kFailedPrecondition, reason::kTargetOccupied,
                     path + ": not a directory");
    default:
      return Error::FromErrno(os_errno, path);
  }
}

struct CloseDir {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

// Takes a copy of the descriptor: a DIR owns its own.
std::vector<std::string> Entries(int fd) {
  std::vector<std::string> names;
  const int copy = ::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return names;
  const std::unique_ptr<DIR, CloseDir> directory(::fdopendir(copy));
  if (!directory) {
    ::close(copy);
    return names;
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this call's own
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

bool IsImmutable(int fd, int& flags) {
  return ::ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && (flags & FS_IMMUTABLE_FL) != 0;
}

// Mode 0 alone does not stop root, the immutable flag does; file systems without it (and users
// without the capability) get the mode alone.
void Freeze(int fd) {
  int flags = 0;
  if (IsImmutable(fd, flags)) return;
  ::fchmod(fd, 0);
  flags |= FS_IMMUTABLE_FL;
  ::ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

void Thaw(int fd) {
  int flags = 0;
  if (!IsImmutable(fd, flags)) return;
  flags &= ~FS_IMMUTABLE_FL;
  ::ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

struct Place {
  std::vector<UniqueFd> dirs;      // root, then each parent
  std::vector<std::string> names;  // of the entries to go through; the last is the target
};

std::vector<std::string> Split(const std::string& root, const std::string& target) {
  std::vector<std::string> names;
  std::string_view rest = std::string_view(target).substr(root.size() + 1);
  while (true) {
    const auto slash = rest.find('/');
    names.emplace_back(rest.substr(0, slash));
    if (slash == std::string_view::npos) return names;
    rest.remove_prefix(slash + 1);
  }
}

// Opens the parents of `target`, making them when `make` is set. The error's errno tells why not.
Result<Place> OpenParents(const std::string& root, const std::string& target, bool make) {
  Place place;
  place.names = Split(root, target);
  place.dirs.emplace_back(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!place.dirs.back()) return Error::FromErrno(errno, root);
  for (std::size_t i = 0; i + 1 < place.names.size(); ++i) {
    const int parent = place.dirs.back().Get();
    if (make && ::mkdirat(parent, place.names[i].c_str(), 0755) != 0 && errno != EEXIST)
      return Error::FromErrno(errno, target);
    place.dirs.push_back(OpenBeneath(parent, place.names[i], O_PATH));
    if (!place.dirs.back()) return InTheWay(target, errno);
  }
  return place;
}

Result<> MakeOnce(const std::string& root, const std::string& target) {
  OSBX_TRY(const Place place, OpenParents(root, target, /*make=*/true));
  const int parent = place.dirs.back().Get();
  const std::string& name = place.names.back();
  if (::mkdirat(parent, name.c_str(), 0700) != 0 && errno != EEXIST)
    return Error::FromErrno(errno, target);
  const UniqueFd directory = OpenBeneath(parent, name, O_RDONLY);
  if (!directory) return InTheWay(target, errno);
  if (!Entries(directory.Get()).empty())
    return Failure(Code::kFailedPrecondition, reason::kTargetOccupied,
                   target + ": the directory is not empty");
  Freeze(directory.Get());
  return {};
}

// Deep enough for every prefix of 1023 bytes.
constexpr int kMaxDepth = 520;
// A directory tree that is not ours may be huge; a report of this length is already one too long.
constexpr std::size_t kMaxStray = 1000;

void CollectStray(int fd, const std::string& path, int depth, std::vector<std::string>& stray) {
  for (const std::string& name : Entries(fd)) {
    if (stray.size() >= kMaxStray || depth > kMaxDepth) return;
    const UniqueFd child = OpenBeneath(fd, name, O_RDONLY);
    if (!child) continue;  // a mount, a file or a symlink
    std::string child_path = path;
    child_path.append("/").append(name);
    if (Entries(child.Get()).empty())
      stray.push_back(std::move(child_path));
    else
      CollectStray(child.Get(), child_path, depth + 1, stray);
  }
}

}  // namespace

Result<TargetDirs> TargetDirs::Open(std::string root) {
  root = NormalizePath(root);
  if (!root.starts_with('/') || root == "/")
    return Error(Code::kInvalid, "the mount root must be an absolute path below /");
  std::error_code error;
  std::filesystem::create_directories(root, error);
  if (error) return Error::FromErrno(error.value(), "make " + root);
  return TargetDirs(std::move(root));
}

bool TargetDirs::Covers(const std::string& target) const {
  return target.starts_with(root_ + "/") && NormalizePath(target) == target &&
         (target + "/").find("/../") == std::string::npos;
}

Result<> TargetDirs::Make(const std::string& target) const {
  constexpr int kAttempts = 10;  // another mount's Remove may take an empty parent away in between
  for (int attempt = 1;; ++attempt) {
    Result<> made = MakeOnce(root_, target);
    if (made || made.error().os_errno() != ENOENT || attempt == kAttempts) return made;
  }
}

Result<> TargetDirs::Remove(const std::string& target) const {
  Result<Place> opened = OpenParents(root_, target, /*make=*/false);
  if (!opened && opened.error().os_errno() == ENOENT) return {};
  OSBX_TRY(Place place, std::move(opened));
  {
    const UniqueFd directory = OpenBeneath(place.dirs.back().Get(), place.names.back(), O_RDONLY);
    if (!directory && errno != ENOENT) return InTheWay(target, errno);
    if (directory) Thaw(directory.Get());
  }
  while (!place.dirs.empty()) {
    const int parent = place.dirs.back().Get();
    if (::unlinkat(parent, place.names.back().c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
      if (errno == ENOTEMPTY || errno == EEXIST || errno == EBUSY) return {};
      return Error::FromErrno(errno, "rmdir " + target);
    }
    place.dirs.pop_back();
    place.names.pop_back();
  }
  return {};
}

std::vector<std::string> TargetDirs::FindStray() const {
  std::vector<std::string> stray;
  const UniqueFd root(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (root) CollectStray(root.Get(), root_, 0, stray);
  return stray;
}

}  // namespace osbx::mount
