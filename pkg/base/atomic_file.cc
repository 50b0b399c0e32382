// SPDX-License-Identifier: Apache-2.0
#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/ids.h"
#include "base/unique_fd.h"

namespace osbx {
namespace {

Result<> WriteAll(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Error::FromErrno(errno, "write " + path);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<> WriteNew(const std::string& path, std::string_view content, mode_t mode, bool sync) {
  const UniqueFd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd) return Error::FromErrno(errno, "create " + path);
  // The mode is exact whatever the umask is.
  if (::fchmod(fd.Get(), mode) != 0) return Error::FromErrno(errno, "chmod " + path);
  OSBX_CHECK(WriteAll(fd.Get(), content, path));
  if (sync && ::fsync(fd.Get()) != 0) return Error::FromErrno(errno, "fsync " + path);
  return {};
}

std::string DirectoryOf(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<> SyncDirectory(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return Error::FromErrno(errno, "open " + path);
  if (::fsync(fd.Get()) != 0) return Error::FromErrno(errno, "fsync " + path);
  return {};
}

}  // namespace

Result<> WriteFileAtomically(const std::string& path, std::string_view content,
                             AtomicWriteOptions options) {
  constexpr std::size_t kSuffixBytes = 8;
  const std::string temporary = path + ".tmp-" + RandomHex(kSuffixBytes);
  Result<> done = WriteNew(temporary, content, options.mode, options.sync);
  if (done && ::rename(temporary.c_str(), path.c_str()) != 0)
    done = Error::FromErrno(errno, "rename to " + path);
  if (!done) {
    ::unlink(temporary.c_str());
    return done;
  }
  return options.sync ? SyncDirectory(DirectoryOf(path)) : Result<>();
}

Result<> CreateFileExclusively(const std::string& path, std::string_view content, mode_t mode) {
  Result<> done = WriteNew(path, content, mode, /*sync=*/false);
  // EEXIST means that the file is somebody else's.
  if (!done && done.error().code() != Code::kAlreadyExists) ::unlink(path.c_str());
  return done;
}

}  // namespace osbx
