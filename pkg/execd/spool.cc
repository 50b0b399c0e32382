// SPDX-License-Identifier: Apache-2.0
#include "execd/spool.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace osbx::execd {
namespace {

UniqueFd Nameless(const std::string& directory) {
  UniqueFd fd(open(directory.c_str(), O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600));
  if (fd || (errno != EOPNOTSUPP && errno != EISDIR)) return fd;
  std::string name = directory + "/.osbx-output-XXXXXX";
  fd.Reset(mkostemp(name.data(), O_CLOEXEC));
  if (fd) unlink(name.c_str());
  return fd;
}

}  // namespace

Result<std::shared_ptr<Spool>> Spool::Create(std::uint64_t most) {
  const char* chosen = std::getenv("TMPDIR");
  for (const char* directory : {chosen, "/tmp", "/var/tmp", "/dev/shm"}) {
    if (directory == nullptr || *directory != '/') continue;
    if (UniqueFd fd = Nameless(directory)) {
      return std::shared_ptr<Spool>(new Spool(std::move(fd), most));
    }
  }
  UniqueFd fd(memfd_create("osbx-output", MFD_CLOEXEC));
  if (!fd) return Error::FromErrno(errno, "make a file for the output");
  return std::shared_ptr<Spool>(new Spool(std::move(fd), std::min(most, kMostInMemory)));
}

void Spool::Append(std::string_view bytes) {
  std::uint64_t size = size_.load();
  while (!bytes.empty() && size < most_) {
    const std::size_t want = std::min<std::uint64_t>(bytes.size(), most_ - size);
    const ssize_t n = pwrite(fd_.Get(), bytes.data(), want, static_cast<off_t>(size));
    if (n <= 0) return;  // the disk is full: the command goes on, its output is cut
    bytes.remove_prefix(static_cast<std::size_t>(n));
    size += static_cast<std::uint64_t>(n);
    size_.store(size);
  }
}

std::string Spool::Read(std::uint64_t offset, std::size_t most) const {
  const std::uint64_t size = size_.load();
  if (offset >= size) return {};
  std::string bytes(std::min<std::uint64_t>(size - offset, most), '\0');
  std::size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t n =
        pread(fd_.Get(), bytes.data() + got, bytes.size() - got, static_cast<off_t>(offset + got));
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  bytes.resize(got);
  return bytes;
}

}  // namespace osbx::execd
