// SPDX-License-Identifier: Apache-2.0
#include "base/contained.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace osbx {
namespace {

// The directory of `path` below `root`, and the last component as `name`.
Result<UniqueFd> OpenParent(const std::string& root, const std::string& path, std::string& name) {
  const auto slash = path.rfind('/');
  name = path.substr(slash == std::string::npos ? 0 : slash + 1);
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash);
  return OpenBeneath(root, parent, O_PATH | O_DIRECTORY);
}

}  // namespace

Result<UniqueFd> OpenBeneath(const std::string& root, const std::string& path, int flags) {
  const UniqueFd directory(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return Error::FromErrno(errno, "open " + root);
  open_how how{};
  how.flags = static_cast<unsigned>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  const long fd = syscall(SYS_openat2, directory.Get(), path.c_str(), &how, sizeof how);
  if (fd < 0) return Error::FromErrno(errno, "open " + root + "/" + path);
  return UniqueFd(static_cast<int>(fd));
}

// The socket's own inode is named through the descriptor: a path may be longer than sun_path, and
// may have become a link to another socket of the host since it was looked at.
Result<UniqueFd> ConnectBeneath(const std::string& root, const std::string& path) {
  OSBX_TRY(const UniqueFd inode, OpenBeneath(root, path, O_PATH));
  const std::string name = "/proc/self/fd/" + std::to_string(inode.Get());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Error::FromErrno(errno, "socket");
  if (connect(fd.Get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Error::FromErrno(errno, "connect to " + root + "/" + path).WithCode(Code::kUnavailable);
  }
  return fd;
}

Result<> WriteBeneath(const std::string& root, const std::string& path, const Secret& content,
                      unsigned mode) {
  const std::string what = "write " + root + "/" + path;
  std::string name;
  OSBX_TRY(const UniqueFd parent, OpenParent(root, path, name));
  if (unlinkat(parent.Get(), name.c_str(), 0) != 0 && errno != ENOENT) {
    return Error::FromErrno(errno, what);
  }
  const UniqueFd fd(openat(parent.Get(), name.c_str(),
                           O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, mode));
  if (!fd || fchmod(fd.Get(), mode) != 0) return Error::FromErrno(errno, what);
  const std::string_view text = content.Reveal();
  if (write(fd.Get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return Error::FromErrno(errno, what);
  }
  return {};
}

Result<> RemoveBeneath(const std::string& root, const std::string& path) {
  std::string name;
  OSBX_TRY(const UniqueFd parent, OpenParent(root, path, name));
  if (unlinkat(parent.Get(), name.c_str(), 0) != 0 && errno != ENOENT) {
    return Error::FromErrno(errno, "remove " + root + "/" + path);
  }
  return {};
}

}  // namespace osbx
