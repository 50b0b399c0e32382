// SPDX-License-Identifier: Apache-2.0
// Files that are either wholly there or not at all: written beside the target, synced, renamed.
// Also bounded reads. Thread-safe (two writers of one path: the last rename wins).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace osbx {

struct AtomicWriteOptions {
  mode_t mode = 0600;
  bool sync = true;  // fsync of the file and of its directory
};

// Replaces `path` by `content`.
Result<> WriteFileAtomically(const std::string& path, std::string_view content,
                             AtomicWriteOptions options = {});

// Makes `path`, which must not exist (O_EXCL, no symlink is followed); not synced. A partial file
// is removed again.
Result<> CreateFileExclusively(const std::string& path, std::string_view content, mode_t mode);

// The whole file; kExhausted when it is longer than `max_bytes`. Works for /proc files.
Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes = 16UL * 1024 * 1024);

// The last `max_bytes` of a file.
Result<std::string> ReadFileTail(const std::string& path, std::size_t max_bytes);

}  // namespace osbx
