// SPDX-License-Identifier: Apache-2.0
#include "http/backend_pool.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace osbx::http {

namespace {

bool IsQuiet(Socket& socket) {
  char byte = 0;
  const ssize_t got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace

std::optional<Socket> BackendPool::Take(const std::string& key) {
  const auto found = idle_.find(key);
  if (found == idle_.end()) return std::nullopt;
  std::optional<Socket> taken;
  std::vector<Idle>& kept = found->second;
  while (!kept.empty() && !taken) {
    if (IsQuiet(kept.back().socket)) taken = std::move(kept.back().socket);
    kept.pop_back();
  }
  if (kept.empty()) idle_.erase(found);
  return taken;
}

void BackendPool::Put(const std::string& key, Socket socket) {
  std::vector<Idle>& kept = idle_[key];
  if (kept.size() >= kMostPerBackend) kept.erase(kept.begin());  // the one that idles longest
  kept.push_back({std::move(socket), std::chrono::steady_clock::now()});
}

void BackendPool::Trim(std::chrono::steady_clock::time_point oldest) {
  for (auto it = idle_.begin(); it != idle_.end();) {
    std::erase_if(it->second, [oldest](const Idle& idle) { return idle.since < oldest; });
    it = it->second.empty() ? idle_.erase(it) : std::next(it);
  }
}

}  // namespace osbx::http
