// SPDX-License-Identifier: Apache-2.0
// PID 1 of a sandbox: starts the entrypoint, forwards signals to it, reaps every orphan and ends
// with its exit code. Static and free of NSS and locale calls (facts: a static glibc program that
// asks NSS can crash), so that it runs in any image, the empty one included. One thread; nothing
// here allocates while the sandbox idles.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace osbx::execd {

struct InitOptions {
  std::string socket_path;           // where /ping is answered; empty: nowhere
  std::vector<std::string> command;  // argv of the entrypoint; looked up in $PATH
};

// Runs until the entrypoint has ended. Returns what the container's exit code is to be: the
// entrypoint's, or 128 + n when signal n ended it; 127 when it does not exist, 126 when it cannot
// be executed.
Result<int> RunInit(const InitOptions& options);

}  // namespace osbx::execd
