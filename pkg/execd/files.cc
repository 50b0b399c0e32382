// SPDX-License-Identifier: Apache-2.0
#include "execd/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>

#include <nlohmann/json.hpp>

#include "execd/answers.h"
#include "execd/random_id.h"
#include "execd/times.h"
#include "execd/users.h"

namespace osbx::execd {
namespace {

constexpr mode_t kPermissionBits = 0777;
constexpr mode_t kAllModeBits = 07777;

std::string ParentOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

const char* TypeOf(mode_t mode) {
  if (S_ISREG(mode)) return "file";
  if (S_ISDIR(mode)) return "directory";
  return S_ISLNK(mode) ? "symlink" : "other";
}

Result<> RemoveAt(int parent, const std::string& name);

Result<> RemoveChildren(int directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(fdopendir(fcntl(directory, F_DUPFD_CLOEXEC, 0)),
                                                    closedir);
  if (!entries) return Error::FromErrno(errno, "read directory");
  while (const dirent* entry = readdir(entries.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") OSBX_CHECK(RemoveAt(directory, name));
  }
  return {};
}

Result<> RemoveAt(int parent, const std::string& name) {
  if (unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return Error::FromErrno(errno, "remove " + name);
  const int why = errno;
  const UniqueFd directory(
      openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) return Error::FromErrno(errno == ENOTDIR ? why : errno, "remove " + name);
  OSBX_CHECK(RemoveChildren(directory.Get()));
  if (unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
  return Error::FromErrno(errno, "remove " + name);
}

}  // namespace

Result<Identity> Identity::Assume(uid_t uid, gid_t gid) {
  Identity identity;
  if (geteuid() == 0) {
    identity.assumed_ = true;
    identity.groups_.resize(static_cast<std::size_t>(std::max(0, getgroups(0, nullptr))));
    const int own = getgroups(static_cast<int>(identity.groups_.size()), identity.groups_.data());
    if (own < 0) return Error::FromErrno(errno, "get groups");
    const auto groups = CredentialsOf(uid, gid).groups;
    if (syscall(SYS_setgroups, groups.size(), groups.data()) != 0) {
      return Error::FromErrno(errno, "set groups");
    }
    syscall(SYS_setfsgid, gid);
    syscall(SYS_setfsuid, uid);
  }
  constexpr long kAsk = -1;  // an invalid id changes nothing and tells the present one
  if (static_cast<uid_t>(syscall(SYS_setfsuid, kAsk)) != uid ||
      static_cast<gid_t>(syscall(SYS_setfsgid, kAsk)) != gid) {
    return Error(Code::kPermissionDenied,
                 "execd may not act as " + std::to_string(uid) + ":" + std::to_string(gid));
  }
  return identity;
}

Identity::Identity(Identity&& other) noexcept
    : assumed_(std::exchange(other.assumed_, false)), groups_(std::move(other.groups_)) {}

Identity::~Identity() {
  if (!assumed_) return;
  syscall(SYS_setfsuid, geteuid());
  syscall(SYS_setfsgid, getegid());
  syscall(SYS_setgroups, groups_.size(), groups_.data());
}

std::optional<mode_t> ModeFromDigits(std::int64_t digits) {
  const std::string text = std::to_string(digits);
  unsigned mode = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || mode > kAllModeBits) {
    return std::nullopt;
  }
  return mode;
}

std::int64_t DigitsFromMode(mode_t mode) {
  std::int64_t digits = 0;
  for (int shift = 6; shift >= 0; shift -= 3) {
    digits = digits * 10 + static_cast<std::int64_t>((mode >> static_cast<unsigned>(shift)) & 7U);
  }
  return digits;
}

Result<Permission> ReadPermission(const Json& json) {
  Permission permission;
  if (json.is_null()) return permission;
  OSBX_TRY(permission.owner, StringOf(json, "owner"));
  OSBX_TRY(permission.group, StringOf(json, "group"));
  OSBX_TRY(const std::int64_t digits, NumberOf(json, "mode"));
  if (digits <= 0) return permission;
  permission.mode = ModeFromDigits(digits);
  if (!permission.mode) return Error(Code::kInvalid, "mode is not made of octal digits");
  return permission;
}

Result<> Apply(const std::string& path, const Permission& permission) {
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
  if (!permission.owner.empty()) {
    const auto user = FindUser(ReadPasswd(), std::string_view(permission.owner));
    if (!user) return Error(Code::kNotFound, "unknown user " + permission.owner);
    uid = user->uid;
  }
  if (!permission.group.empty()) {
    const auto group = FindGroup(ReadGroup(), permission.group);
    if (!group) return Error(Code::kNotFound, "unknown group " + permission.group);
    gid = *group;
  }
  const bool owned = !permission.owner.empty() || !permission.group.empty();
  if (owned && chown(path.c_str(), uid, gid) != 0) return Error::FromErrno(errno, "chown " + path);
  if (permission.mode && chmod(path.c_str(), *permission.mode) != 0) {
    return Error::FromErrno(errno, "chmod " + path);
  }
  return {};
}

Result<Json> FileInfo(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return Error::FromErrno(errno, path);
  const auto user = FindUser(ReadPasswd(), info.st_uid);
  const std::string group = GroupName(ReadGroup(), info.st_gid);
  return Json{{"path", path},
              {"type", TypeOf(info.st_mode)},
              {"size", info.st_size},
              {"modified_at", FormatNs(info.st_mtim)},
              {"created_at", FormatNs(info.st_ctim)},
              {"owner", user ? user->name : std::to_string(info.st_uid)},
              {"group", group.empty() ? std::to_string(info.st_gid) : group},
              {"mode", DigitsFromMode(info.st_mode & kPermissionBits)}};
}

Result<> MakeDirectories(const std::string& path, bool* made) {
  if (made != nullptr) *made = false;
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    const bool last = end == std::string::npos;
    if (!part.empty() && part.back() != '/') {
      if (mkdir(part.c_str(), 0777) == 0) {
        if (made != nullptr) *made = true;
      } else if (struct stat info{};
                 errno != EEXIST || stat(part.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
        return Error::FromErrno(errno == 0 || errno == EEXIST ? ENOTDIR : errno,
                                "make directory " + part);
      } else if (made != nullptr) {
        *made = false;
      }
    }
    if (last) return {};
  }
}

Result<> RemoveTree(const std::string& path) {
  std::string clean = path;
  while (clean.size() > 1 && clean.back() == '/') clean.pop_back();
  if (clean == "/") return Error(Code::kInvalid, "the root is not removed");
  return RemoveAt(AT_FDCWD, clean);
}

Result<> Move(const std::string& from, const std::string& to) {
  struct stat info {};
  if (lstat(from.c_str(), &info) != 0) return Error::FromErrno(errno, from);
  OSBX_CHECK(MakeDirectories(ParentOf(to)));
  if (syscall(SYS_renameat2, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
    return {};
  }
  if (errno != EINVAL && errno != ENOSYS) {
    Error error = Error::FromErrno(errno, "move to " + to);
    return error.code() == Code::kNotFound ? std::move(error).WithCode(Code::kInternal) : error;
  }
  // A file system without that flag (FUSE): the check and the rename are two steps.
  if (lstat(to.c_str(), &info) == 0) return Error::FromErrno(EEXIST, "move to " + to);
  if (rename(from.c_str(), to.c_str()) != 0) return Error::FromErrno(errno, "move to " + to);
  return {};
}

Result<std::vector<std::string>> Names(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(directory.c_str()), closedir);
  if (!entries) return Error::FromErrno(errno, directory);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(entries.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

Result<NewFile> NewFile::Open(const std::string& path) {
  OSBX_CHECK(MakeDirectories(ParentOf(path)));
  NewFile file;
  file.path_ = path;
  // A link is written through, as a plain write would: the file it leads to is the one replaced.
  if (char* real = realpath(path.c_str(), nullptr)) {
    file.path_ = real;
    free(real);  // NOLINT(cppcoreguidelines-no-malloc): realpath's
  }
  struct stat info {};
  const bool exists = stat(file.path_.c_str(), &info) == 0;
  if (exists && !S_ISREG(info.st_mode)) {
    return Error(Code::kFailedPrecondition, path + " is not a regular file");
  }
  if (exists && access(file.path_.c_str(), W_OK) != 0 && geteuid() != 0) {
    return Error::FromErrno(errno, path);
  }
  file.temporary_ = ParentOf(file.path_) + "/.osbx-upload-" + NewId();
  file.fd_.Reset(
      open(file.temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!file.fd_) {
    Error error = Error::FromErrno(errno, "write " + path);
    file.temporary_.clear();
    return error;
  }
  if (exists) {
    // Not root: the owner cannot be given away, which is no reason to refuse.
    static_cast<void>(fchown(file.fd_.Get(), info.st_uid, info.st_gid) == 0);
    fchmod(file.fd_.Get(), info.st_mode & kAllModeBits);
  }
  return file;
}

NewFile& NewFile::operator=(NewFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(temporary_, other.temporary_);
  std::swap(fd_, other.fd_);
  return *this;
}

NewFile::~NewFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

Result<> NewFile::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd_.Get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error::FromErrno(errno, "write " + path_);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<> NewFile::Commit(const Permission& permission) {
  OSBX_CHECK(Apply(temporary_, permission));
  if (fsync(fd_.Get()) != 0) return Error::FromErrno(errno, "fsync " + path_);
  if (rename(temporary_.c_str(), path_.c_str()) != 0) {
    return Error::FromErrno(errno, "put " + path_ + " in place");
  }
  temporary_.clear();
  const UniqueFd directory(open(ParentOf(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) fsync(directory.Get());
  return {};
}

}  // namespace osbx::execd
