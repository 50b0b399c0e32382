// SPDX-License-Identifier: Apache-2.0
// What is mounted, as the kernel says it (proc_pid_mountinfo(5)). Reading it never touches a
// mounted file system, so it cannot hang. A MountTable is an immutable snapshot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace osbx::mount {

struct MountInfoRow {
  std::int64_t mount_id = 0;
  std::int64_t parent_id = 0;
  unsigned device_major = 0;
  unsigned device_minor = 0;  // of a FUSE mount: the connection's number
  std::string root;           // the part of the file system that is mounted
  std::string target;
  std::string mount_options;
  std::int64_t shared_group = 0;  // 0: not shared
  std::int64_t master_group = 0;  // 0: no slave
  std::string fstype;             // "fuse.ossfs"
  std::string source;
  std::string super_options;
};

// One line without its newline; nullopt when it is malformed. Octal escapes are resolved.
std::optional<MountInfoRow> ParseMountInfoLine(std::string_view line);

// Malformed lines are left out: one bad line must not hide the others.
std::vector<MountInfoRow> ParseMountInfo(std::string_view text);

class MountTable {
 public:
  static Result<MountTable> Read(const std::string& path = "/proc/self/mountinfo");
  explicit MountTable(std::vector<MountInfoRow> rows) : rows_(std::move(rows)) {}

  const std::vector<MountInfoRow>& Rows() const { return rows_; }
  // The topmost mount exactly at `target`, or null.
  const MountInfoRow* Find(std::string_view target) const;
  // How many are stacked there.
  std::size_t Depth(std::string_view target) const;
  // All strictly below `root`, in mount order.
  std::vector<MountInfoRow> Below(std::string_view root) const;

 private:
  std::vector<MountInfoRow> rows_;
};

}  // namespace osbx::mount
