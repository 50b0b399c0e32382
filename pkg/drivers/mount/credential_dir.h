// SPDX-License-Identifier: Apache-2.0
// Where credential files live for the moments a FUSE program needs them: <run_dir>/creds, mode
// 0700, on a tmpfs, so that keys never reach a disk. Files are made O_EXCL with mode 0600.
// Thread-safe; stateless but for the path.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "drivers/mount/backend.h"

namespace osbx::mount {

class CredentialDir {
 public:
  CredentialDir() = default;
  // Makes the directory and mounts a small tmpfs on it, unless it is on one already.
  static Result<CredentialDir> Open(const std::string& run_dir);

  const std::string& Path() const { return path_; }
  // A name that is not used yet.
  std::string NewFile(const Backend& backend) const;
  std::vector<std::string> List() const;  // paths
  // Removes all files, those of a crashed predecessor.
  void Sweep() const;
  static Result<> Write(const CommandFile& file);
  static void Remove(const std::string& path);

 private:
  explicit CredentialDir(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// The files of one command; removed when it goes out of scope, whatever happened.
class ScopedFiles {
 public:
  ScopedFiles() = default;
  ScopedFiles(const ScopedFiles&) = delete;
  ScopedFiles& operator=(const ScopedFiles&) = delete;
  ~ScopedFiles();
  Result<> Write(const std::vector<CommandFile>& files);

 private:
  std::vector<std::string> paths_;
};

}  // namespace osbx::mount
