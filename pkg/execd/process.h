// SPDX-License-Identifier: Apache-2.0
// Starting a child: fork, then only system calls until exec. The parent never waits for the exec
// (a program or a working directory may lie on a hung file system): what went wrong arrives later,
// on a pipe. Loop thread.
#pragma once

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace osbx::execd {

// Whom a child runs as. The ids of the kernel, not names.
struct Credentials {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

struct Launch {
  // Programs to try in their order, each with its own argv[0]; the first that exists is executed.
  struct Program {
    std::string path;
    std::string argv0;
  };
  std::vector<Program> programs;
  std::vector<std::string> arguments;  // after argv[0]
  std::vector<std::string> env;        // "NAME=value"
  std::string cwd;                     // empty: execd's
  std::optional<Credentials> as;       // absent: execd's own
  int stdin_fd = -1;                   // -1: /dev/null
  int stdout_fd = -1;
  int stderr_fd = -1;
  int extra_fd = -1;           // becomes descriptor kExtraFd of the child
  bool plain_scripts = false;  // a file without "#!" is run by /bin/sh, as execvp does
  bool foreground = false;     // of execd's own terminal, if stdin is one
  bool terminal = false;  // stdin_fd is a terminal, which becomes the controlling one of a session
};

inline constexpr int kExtraFd = 19;

struct Launched {
  pid_t pid = -1;  // also its process group
  // End of file once the program runs; before that the errno (an int) of what failed.
  UniqueFd failure;
};

// Fails only when no child could be made (kExhausted: the process limit). A child that could not
// be executed ends with 127 or 126 after reporting on `failure`.
Result<Launched> Start(const Launch& launch);

// The errno on `failure` of a child that has ended; 0 when it was executed. Never blocks.
int FailureOf(const UniqueFd& failure);

// What children start with instead of execd's own settings. Set once, before the first Start.
struct ChildDefaults {
  sigset_t mask{};
  rlimit files{};  // of open files; a maximum of 0: execd's
};
void SetChildDefaults(const ChildDefaults& defaults);

// What `name` may stand for: itself when it has a slash, or one candidate per directory of `path`
// (a PATH variable; empty directories mean the working one and are left out).
std::vector<Launch::Program> Candidates(const std::string& name, const std::string& path);

}  // namespace osbx::execd
