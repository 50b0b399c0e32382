// SPDX-License-Identifier: Apache-2.0
// A directory for mounts of a test: runs commands with a deadline, looks at mountinfo, and unmounts
// whatever is still mounted below it at the end. One thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/subprocess.h"
#include "fakes/temp_dir.h"

namespace osbx::fakes {

// What a FUSE test lacks on this machine; "" when nothing.
std::string MissingForFuse();

struct MountRow {
  std::string mountpoint;
  std::string type;
  std::string source;
  std::string options;  // of the super block
};

class FuseScratch {
 public:
  FuseScratch() = default;
  ~FuseScratch();
  FuseScratch(const FuseScratch&) = delete;
  FuseScratch& operator=(const FuseScratch&) = delete;

  std::string operator/(const std::string& name) const { return directory_ / name; }
  std::string MakeDirectory(const std::string& name) const;
  std::string WriteFile(const std::string& name, const std::string& text, mode_t mode) const;

  // Runs argv with the stand-ins' directory first on PATH. exit_code -1: it did not end in time.
  struct Outcome {
    int exit_code = -1;
    std::string out;
    std::string err;
  };
  Outcome Run(std::vector<std::string> argv, std::vector<std::string> env = {},
              std::chrono::milliseconds timeout = std::chrono::seconds(60)) const;
  Outcome Shell(const std::string& script, const std::string& working_dir) const;

  std::vector<MountRow> Mounts() const;  // below this directory
  std::optional<MountRow> FindMount(const std::string& mountpoint) const;

 private:
  TempDir directory_;
};

// The process whose comm is `comm` and whose command line contains `argument`; -1 when there is
// none. A zombie counts as gone.
pid_t FindProcess(const std::string& comm, const std::string& argument);
std::vector<std::string> CommandLineOf(pid_t pid);

}  // namespace osbx::fakes
