// SPDX-License-Identifier: Apache-2.0
// The reading half of atomic_file.h, on its own because static programs have no use for the rest.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/atomic_file.h"
#include "base/unique_fd.h"

namespace osbx {
namespace {

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
