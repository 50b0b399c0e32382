// SPDX-License-Identifier: Apache-2.0
// Idle connections to the backends of the proxy, newest first: few, and for a few seconds only.
// Internal to pkg/http. Io thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "http/transport.h"

namespace osbx::http {

class BackendPool {
 public:
  // One on which nothing has come since: neither its end nor bytes nobody asked for.
  std::optional<Socket> Take(const std::string& key);
  void Put(const std::string& key, Socket socket);
  // Closes those that have idled since before `oldest`.
  void Trim(std::chrono::steady_clock::time_point oldest);
  bool Empty() const { return idle_.empty(); }
  void Clear() { idle_.clear(); }

 private:
  static constexpr std::size_t kMostPerBackend = 8;

  struct Idle {
    Socket socket;
    std::chrono::steady_clock::time_point since;
  };
  std::unordered_map<std::string, std::vector<Idle>> idle_;
};

}  // namespace osbx::http
