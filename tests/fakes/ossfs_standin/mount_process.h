// SPDX-License-Identifier: Apache-2.0
// The part both stand-ins share: judging a mountpoint, starting s3fs under another name, and
// waiting until the kernel shows the mount. One thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace osbx::fakes {

enum class MountpointState { kEmpty, kNotEmpty, kMissing, kNotDirectory, kUnreadable };
struct MountpointFacts {
  MountpointState state = MountpointState::kEmpty;
  int os_errno = 0;
};
MountpointFacts InspectMountpoint(const std::string& path);
std::string AbsolutePath(const std::string& path);  // symlinks resolved when the path exists

int CountMounts(const std::string& mountpoint);  // in mountinfo; stacked ones count each

struct S3fsLaunch {
  std::string program;             // "ossfs" or "ossfs2": comm, file-system type and source
  std::vector<std::string> title;  // the command line that ps shall show
  std::string bucket;
  std::string prefix;  // "" or "a/b"
  std::string mountpoint;
  std::string url;
  bool path_style = false;
  std::string key_id;
  std::string secret;
  std::string proxy;
  std::vector<std::string> options;  // further -o values
  bool allow_symlink = true;
  bool foreground = false;  // keeps stdio and the session
};

// Turns this process into the file server. Returns only on failure, with errno.
int BecomeServer(const S3fsLaunch& launch, int stderr_fd);

enum class MountOutcome { kMounted, kServerDied };
struct MountReport {
  MountOutcome outcome = MountOutcome::kMounted;
  std::string error;  // the server's last words
};
// `mounts_before` is CountMounts before the server was started.
MountReport AwaitMount(const std::string& mountpoint, int mounts_before, pid_t server,
                       int stderr_fd);

UniqueFd NewMemoryFile(const char* name, const std::string& text);

// OSSFS_STANDIN_FAULT; see main.cc.
std::string OrderedFault();
[[noreturn]] void HangForever();

}  // namespace osbx::fakes
