// SPDX-License-Identifier: Apache-2.0
// Child processes: an argv vector (never a shell), close-on-exec everywhere, an own process group
// or session, a pidfd instead of SIGCHLD, and a deadline for every wait. A child that does not die
// of SIGKILL (state D, e.g. stuck in a hung FUSE file system) is never joined: it goes to a
// ChildReaper, which collects it if it ever ends.
// Functions are thread-safe; Child belongs to one thread; ChildReaper is thread-safe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace osbx {

// Keeps the pids of killed children that have not ended yet, so that they do not stay zombies.
// Destroying it leaves what is left to init.
class ChildReaper {
 public:
  // `tag` names what the child was about, e.g. the path it probes.
  void Add(pid_t pid, std::string tag);
  // Collects what has ended; never blocks. Returns how many are still there.
  std::size_t Collect();
  bool Outstanding(const std::string& tag);

 private:
  std::mutex mutex_;
  std::vector<std::pair<pid_t, std::string>> children_;
};

struct SubprocessOptions {
  std::vector<std::string> argv;  // argv[0] is a path: no PATH lookup (see FindProgram)
  std::vector<std::string> env;   // the whole environment, "NAME=value"
  std::string working_dir;        // empty: the caller's
  std::string stdin_data;         // empty: /dev/null
  std::size_t max_output_bytes = 64UL * 1024;  // of stdout and of stderr each; the rest is dropped
  std::chrono::milliseconds timeout{10'000};
  std::stop_token stop;
  bool new_session = false;       // setsid instead of an own process group
  ChildReaper* reaper = nullptr;  // takes a child that SIGKILL did not end within kill_grace
  std::string tag;                // for the reaper
  std::chrono::milliseconds kill_grace{200};
};

struct ExitStatus {
  int exit_code = 0;  // of a normal exit
  int signal = 0;     // not 0: killed by this signal, exit_code is 0
  bool Ok() const { return exit_code == 0 && signal == 0; }
};

struct SubprocessResult {
  ExitStatus status;
  std::string out;
  std::string err;
};

// Runs a program to its end. A program that ends with an error code is a result, not an error.
// Errors: kNotFound (no such program), kDeadlineExceeded and kCancelled (its process group was
// killed; the outcome is unknown), or the errno of starting it.
Result<SubprocessResult> RunSubprocess(const SubprocessOptions& options);

// A started child. Destroying it does not end the process; it stays a zombie after its end unless
// Wait saw that or Abandon was called.
class Child {
 public:
  pid_t Pid() const { return pid_; }
  int PidFd() const { return pidfd_.Get(); }  // readable when the process has ended

  // Waits at most `timeout`. kDeadlineExceeded and kCancelled leave the process as it is.
  Result<ExitStatus> Wait(std::chrono::milliseconds timeout, const std::stop_token& stop = {});
  // SIGKILL to the process group.
  void KillGroup() const;
  // KillGroup, then waits for `grace`; a survivor goes to `reaper` (may be null).
  void Abandon(std::chrono::milliseconds grace, ChildReaper* reaper, const std::string& tag);

 private:
  friend Result<Child> StartSubprocess(const SubprocessOptions&, int, int, int);
  pid_t pid_ = -1;
  UniqueFd pidfd_;
};

// Starts a program with the given descriptors as stdin, stdout and stderr (-1: /dev/null) and no
// others. stdin_data, timeout, stop and the reaper's fields are ignored.
Result<Child> StartSubprocess(const SubprocessOptions& options, int stdin_fd, int stdout_fd,
                              int stderr_fd);

// The first executable regular file `name` in `directories`; kNotFound otherwise. A name with a
// slash is taken as it is.
Result<std::string> FindProgram(const std::string& name,
                                const std::vector<std::string>& directories);
// $PATH split at ':'; empty and relative entries are left out.
std::vector<std::string> SearchPathFromEnvironment();

}  // namespace osbx
