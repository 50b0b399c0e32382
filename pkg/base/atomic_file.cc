// SPDX-License-Identifier: Apache-2.0
#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
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

// Reads up to `max_bytes` + 1, so that the caller sees that there is more.
Result<std::string> ReadAll(int fd, std::size_t max_bytes, const std::string& path) {
  std::string content;
  std::array<char, 16UL * 1024> chunk{};
  while (content.size() <= max_bytes) {
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error::FromErrno(errno, "read " + path);
    if (got == 0) break;
    content.append(chunk.data(), static_cast<std::size_t>(got));
  }
  return content;
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

Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return Error::FromErrno(errno, "open " + path);
  OSBX_TRY(std::string content, ReadAll(fd.Get(), max_bytes, path));
  if (content.size() > max_bytes)
    return Error(Code::kExhausted,
                 path + " is longer than " + std::to_string(max_bytes) + " bytes");
  return content;
}

Result<std::string> ReadFileTail(const std::string& path, std::size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return Error::FromErrno(errno, "open " + path);
  const off_t end = ::lseek(fd.Get(), 0, SEEK_END);
  if (end < 0) return Error::FromErrno(errno, "seek " + path);
  const off_t from = end > static_cast<off_t>(max_bytes) ? end - static_cast<off_t>(max_bytes) : 0;
  if (::lseek(fd.Get(), from, SEEK_SET) < 0) return Error::FromErrno(errno, "seek " + path);
  OSBX_TRY(std::string content, ReadAll(fd.Get(), max_bytes, path));
  if (content.size() > max_bytes) content.erase(0, content.size() - max_bytes);
  return content;
}

}  // namespace osbx
