// SPDX-License-Identifier: Apache-2.0
#include "store/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace osbx::store {
namespace {

std::string OwnerOf(int fd) {
  std::array<char, 32> text = {};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  std::string_view pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  pid = pid.substr(0, pid.find_first_not_of("0123456789"));
  return pid.empty() ? "another process" : "pid " + std::string(pid);
}

}  // namespace

Result<FileLock> FileLock::Take(const std::string& path) {
  const std::string lock_path = path + ".lock";
  UniqueFd fd(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return Error::FromErrno(errno, "open " + lock_path);
  if (::flock(fd.Get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Error::FromErrno(errno, "lock " + lock_path);
    return Error(Code::kFailedPrecondition,
                 "database " + path + " is in use by " + OwnerOf(fd.Get()));
  }
  // The pid only serves the message: a full disk must not keep the daemon from starting.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd.Get(), 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(fd.Get(), pid.data(), pid.size(), 0);
  }
  return FileLock(std::move(fd));
}

}  // namespace osbx::store
