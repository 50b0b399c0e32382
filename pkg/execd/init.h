// SPDX-License-Identifier: Apache-2.0
// PID 1 of a sandbox: starts the entrypoint, forwards signals to it, reaps every orphan, serves
// execd's API beside it, and ends with the entrypoint's exit code. Static and free of NSS and
// locale calls (a static glibc program that asks NSS can crash in a foreign image), so that it runs
// in any image, the empty one included. Two threads while it idles: this one, which owns all
// processes, and the server's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace osbx::execd {

struct InitOptions {
  std::string socket_path;  // where the API is served; empty: nowhere
  std::uint16_t port = 0;   // served on 0.0.0.0 too; 0: not
  // Holds the access token. Empty: "token" beside the socket, where it may be absent; then, or
  // without a socket, $EXECD_ACCESS_TOKEN. Without any, only /ping on the socket is answered.
  std::string token_file;
  Secret access_token;       // not empty: the token, before any file
  std::string jupyter_host;  // "http://127.0.0.1:44771": serves code contexts, with its token
  Secret jupyter_token;
  // argv of the entrypoint; looked up in $PATH. Empty: none, execd serves until SIGTERM or SIGINT.
  std::vector<std::string> command;
};

// Runs until the entrypoint has ended, and ends the process with what the container's exit code is
// to be: the entrypoint's, or 128 + n when signal n ended it; 127 when it does not exist, 126 when
// it cannot be executed.
Error RunInit(const InitOptions& options);

}  // namespace osbx::execd
