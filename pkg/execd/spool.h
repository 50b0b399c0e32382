// SPDX-License-Identifier: Apache-2.0
// A background command's output: a file without a name (nobody else can open it, and nothing is
// left when execd ends), bounded in size. Written by the loop, read by any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace osbx::execd {

class Spool {
 public:
  // The most that is kept of one command on disk, and in memory where no directory is writable.
  static constexpr std::uint64_t kMostOnDisk = 256U << 20;
  static constexpr std::uint64_t kMostInMemory = 4U << 20;

  // In the first of $TMPDIR, /tmp, /var/tmp and /dev/shm that is writable; keeps at most `most`.
  static Result<std::shared_ptr<Spool>> Create(std::uint64_t most = kMostOnDisk);

  // Keeps what there is room for, and drops the rest.
  void Append(std::string_view bytes);
  // From `offset` to the end, at most `most` bytes.
  std::string Read(std::uint64_t offset, std::size_t most) const;
  std::uint64_t Size() const { return size_.load(); }

 private:
  Spool(UniqueFd fd, std::uint64_t most) : fd_(std::move(fd)), most_(most) {}

  UniqueFd fd_;
  const std::uint64_t most_;
  std::atomic<std::uint64_t> size_{0};
};

}  // namespace osbx::execd
