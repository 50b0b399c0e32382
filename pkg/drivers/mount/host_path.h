// SPDX-License-Identifier: Apache-2.0
// Host directories and files for `host` volumes (and sub-paths of Docker volumes), without a gap
// between check and use (weakness W46): the path is walked on file descriptors beneath an allowed
// prefix, the place found is cloned by fd, and the clone is mounted at a root-only staging path,
// which is what Docker gets. A symlink may lead anywhere beneath the prefix and nowhere else.
// Thread-safe for different staging directories; idempotent.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace osbx::mount {

struct StageRequest {
  std::vector<std::string> allowed_prefixes;  // absolute, without trailing slash
  std::string path;                           // absolute
  std::string sub_path;                       // relative, may be empty
  std::string stage_dir;                      // root-only directory of the sandbox
  std::string name;                           // of the volume: the entry below stage_dir
  bool create_missing = true;                 // make missing directories (root:root 0755)
};

// The prefix that covers `path` ("/data" covers "/data" and "/data/x"), or "" – a lexical check
// without I/O.
std::string CoveringPrefix(const std::vector<std::string>& allowed_prefixes,
                           const std::string& path);

// Returns the staged path. kPermissionDenied: outside the prefixes, or a symlink leads out of them.
Result<std::string> StageHostPath(const StageRequest& request);

// Unmounts and removes everything staged in `stage_dir`, and the directory. User data is never
// touched: entries are unmounted one by one and only empty mountpoints are removed.
Result<> RemoveStaged(const std::string& stage_dir);

}  // namespace osbx::mount
