// SPDX-License-Identifier: Apache-2.0
// Answers `GET /ping` (contract/execd.md §1) on a unix socket: a handful of connections, one small
// request each, no buffering beyond it, so that nothing inside the sandbox can make PID 1 grow or
// wait. One thread, driven by the caller's poll().
#pragma once

#include <poll.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace osbx::execd {

class PingServer {
 public:
  Result<> Listen(const std::string& path);

  // Adds what to wait for; a full house stops accepting until somebody leaves.
  void AppendTo(std::vector<pollfd>& fds) const;
  // Milliseconds until the oldest idle connection is dropped; -1 without connections.
  int TimeoutMs() const;
  // Acts on the entries that AppendTo added.
  void Serve(const std::vector<pollfd>& fds);

 private:
  struct Connection {
    UniqueFd fd;
    std::string request;
    std::chrono::steady_clock::time_point since;
  };

  void Accept();
  // Reads on; true when the connection is finished, answered or broken.
  static bool Advance(Connection& connection);

  UniqueFd listener_;
  std::vector<Connection> connections_;
};

}  // namespace osbx::execd
