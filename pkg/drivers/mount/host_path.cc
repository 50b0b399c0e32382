// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/host_path.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>

#include "base/unique_fd.h"
#include "drivers/mount/mount_root.h"

namespace osbx::mount {
namespace {

constexpr mode_t kCreatedMode = 0755;

// Opens `path` beneath `root` without following a symlink out of it (openat2(2), Linux 5.6).
Result<UniqueFd> OpenBeneath(int root, const std::string& path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const long fd = syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
  if (fd < 0) return Error::FromErrno(errno, "open " + path);
  return UniqueFd(static_cast<int>(fd));
}

std::vector<std::string> Components(const std::string& path) {
  std::vector<std::string> out;
  for (const auto& part : std::filesystem::path(path)) {
    const std::string name = part.string();
    if (!name.empty() && name != "/" && name != ".") out.push_back(name);
  }
  return out;
}

std::string Join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "/") + part;
  return out.empty() ? "." : out;
}

// Makes the missing directories of `parts` below `root`, one component at a time.
Result<> MakeMissing(int root, const std::vector<std::string>& parts) {
  std::vector<std::string> walked;
  for (const std::string& part : parts) {
    OSBX_TRY(const UniqueFd parent, OpenBeneath(root, Join(walked), O_PATH | O_DIRECTORY));
    if (mkdirat(parent.Get(), part.c_str(), kCreatedMode) != 0 && errno != EEXIST) {
      return Error::FromErrno(errno, "mkdir " + part);
    }
    walked.push_back(part);
  }
  return {};
}

// The field that the sub-path or the path stands in is in the error's first cause.
Error Refused(Code code, const char* field, const std::string& message) {
  return Error(code, message).WithCauses({{"FieldValueInvalid", field, message}});
}

// What leads out is the path when it does so alone, else the sub-path.
Error Escapes(const StageRequest& request, int root, const std::string& prefix) {
  const std::string alone = Join(Components(request.path.substr(prefix.size())));
  if (request.sub_path.empty() || !OpenBeneath(root, alone, O_PATH)) {
    return Refused(
        Code::kPermissionDenied, "path",
        "host path " + request.path + " leads out of the allowed path through a symbolic link");
  }
  return Refused(
      Code::kPermissionDenied, "subPath",
      "\"" + request.sub_path + "\" leads out of " + request.path + " through a symbolic link");
}

Result<UniqueFd> OpenSource(const StageRequest& request) {
  const std::string prefix = CoveringPrefix(request.allowed_prefixes, request.path);
  if (prefix.empty()) {
    return Refused(Code::kPermissionDenied, "path",
                   "host path " + request.path + " is not below any of storage.allowed_host_paths");
  }
  const UniqueFd root(open(prefix.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return Error::FromErrno(errno, "open " + prefix);
  std::vector<std::string> parts = Components(request.path.substr(prefix.size()));
  for (const std::string& part : Components(request.sub_path)) parts.push_back(part);
  Result<UniqueFd> found = OpenBeneath(root.Get(), Join(parts), O_PATH);
  if (!found && found.error().os_errno() == ENOENT && request.create_missing) {
    if (auto made = MakeMissing(root.Get(), parts); !made) {
      if (made.error().os_errno() == EXDEV || made.error().os_errno() == ELOOP)
        return Escapes(request, root.Get(), prefix);
      return std::move(made).error();
    }
    found = OpenBeneath(root.Get(), Join(parts), O_PATH);
  }
  if (!found && (found.error().os_errno() == EXDEV || found.error().os_errno() == ELOOP))
    return Escapes(request, root.Get(), prefix);
  return found;
}

// An empty directory or file to mount on, of the same kind as the source.
Result<> MakeMountpoint(const std::string& path, int source) {
  struct stat info {};
  if (fstat(source, &info) != 0) return Error::FromErrno(errno, "stat");
  if (S_ISDIR(info.st_mode)) {
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
      return Error::FromErrno(errno, "mkdir " + path);
    return {};
  }
  if (!S_ISREG(info.st_mode))
    return Error(Code::kInvalid, "only directories and regular files can be mounted");
  const UniqueFd made(open(path.c_str(), O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_WRONLY, 0600));
  if (!made) return Error::FromErrno(errno, "create " + path);
  return {};
}

}  // namespace

std::string CoveringPrefix(const std::vector<std::string>& allowed_prefixes,
                           const std::string& path) {
  for (const std::string& prefix : allowed_prefixes) {
    if (path == prefix || prefix == "/" || path.starts_with(prefix + "/")) return prefix;
  }
  return "";
}

Result<std::string> StageHostPath(const StageRequest& request) {
  OSBX_TRY(const UniqueFd source, OpenSource(request));
  std::error_code failed;
  std::filesystem::create_directories(request.stage_dir, failed);
  if (failed) return Error::FromErrno(failed.value(), "mkdir " + request.stage_dir);
  std::string target = request.stage_dir + "/" + request.name;
  if (const auto mounted = IsMountRoot(target); mounted && *mounted)
    return target;  // staged before
  OSBX_CHECK(MakeMountpoint(target, source.Get()));
  const UniqueFd tree(static_cast<int>(syscall(
      SYS_open_tree, source.Get(), "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH)));
  if (!tree) return Error::FromErrno(errno, "clone " + request.path);
  if (syscall(SYS_move_mount, tree.Get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) !=
      0) {
    return Error::FromErrno(errno, "stage " + request.path + " at " + target);
  }
  return target;
}

Result<> RemoveStaged(const std::string& stage_dir) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(stage_dir.c_str()), closedir);
  if (dir == nullptr) {
    if (errno == ENOENT) return {};
    return Error::FromErrno(errno, "open " + stage_dir);
  }
  while (const dirent* entry =
             readdir(dir.get())) {  // NOLINT(concurrency-mt-unsafe): the stream is this call's own
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const std::string path = stage_dir + "/" + name;
    OSBX_TRY(const bool mounted, IsMountRoot(path));
    if (mounted && umount2(path.c_str(), UMOUNT_NOFOLLOW | MNT_DETACH) != 0) {
      return Error::FromErrno(errno, "unmount " + path);
    }
    // Only our own empty mountpoint can be here now; a file is unlinked only when it is empty.
    struct stat info {};
    if (lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && info.st_size == 0) {
      if (unlink(path.c_str()) != 0) return Error::FromErrno(errno, "unlink " + path);
    } else if (rmdir(path.c_str()) != 0 && errno != ENOENT) {
      return Error::FromErrno(errno, "rmdir " + path);
    }
  }
  if (rmdir(stage_dir.c_str()) != 0 && errno != ENOENT)
    return Error::FromErrno(errno, "rmdir " + stage_dir);
  return {};
}

}  // namespace osbx::mount
