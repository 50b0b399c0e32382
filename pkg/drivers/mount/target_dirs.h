// SPDX-License-Identifier: Apache-2.0
// The directories mounts stand on. Every step is taken on descriptors beneath the mount root, never
// through a symlink and never across a mount, so neither can lead us elsewhere. The bare directory
// is made unwritable (mode 0 and, where the file system can, immutable): when its mount is lost,
// writes fail instead of filling the host's disk (I12). Removal is rmdir only (I1).
// Thread-safe; stateless but for the path.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace osbx::mount {

class TargetDirs {
 public:
  TargetDirs() = default;
  // Makes the root if need be; its own path may hold symlinks.
  static Result<TargetDirs> Open(std::string root);
  const std::string& Root() const { return root_; }

  // Whether `target` lies below the root, lexically, without "..".
  bool Covers(const std::string& target) const;
  // Makes `target` and its parents. kFailedPrecondition: something else is in the way, or it is not
  // empty.
  Result<> Make(const std::string& target) const;
  // Removes `target` and its empty parents; what is not empty stays. Something mounted on it:
  // kFailedPrecondition.
  Result<> Remove(const std::string& target) const;
  // Empty directories on the root's own file system on which nothing is mounted.
  std::vector<std::string> FindStray() const;

 private:
  explicit TargetDirs(std::string root) : root_(std::move(root)) {}
  std::string root_;
};

}  // namespace osbx::mount
