// SPDX-License-Identifier: Apache-2.0
#include "execd/ping_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace osbx::execd {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kMostConnections = 16;
constexpr std::size_t kMostRequestBytes = 4096;
constexpr milliseconds kPatience{5000};
constexpr mode_t kSocketMode = 0666;  // the slot directory on the host is root's alone

constexpr std::string_view kOk =
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
constexpr std::string_view kNotFound =
    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

}  // namespace

Result<> PingServer::Listen(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Error(Code::kInvalid, "socket path too long: " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  listener_ = UniqueFd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener_) return Error::FromErrno(errno, "socket");
  unlink(path.c_str());  // left by the same sandbox before a restart
  if (bind(listener_.Get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return Error::FromErrno(errno, "bind " + path);
  }
  chmod(path.c_str(), kSocketMode);
  if (listen(listener_.Get(), kMostConnections) != 0)
    return Error::FromErrno(errno, "listen " + path);
  return {};
}

void PingServer::AppendTo(std::vector<pollfd>& fds) const {
  if (listener_ && connections_.size() < kMostConnections)
    fds.push_back({listener_.Get(), POLLIN, 0});
  for (const Connection& connection : connections_) fds.push_back({connection.fd.Get(), POLLIN, 0});
}

int PingServer::TimeoutMs() const {
  if (connections_.empty()) return -1;
  const auto end =
      connections_.front().since + kPatience;  // accepted in order: the first is the oldest
  const auto left = std::chrono::duration_cast<milliseconds>(end - steady_clock::now());
  return std::max(0, static_cast<int>(left.count()) + 1);
}

void PingServer::Serve(const std::vector<pollfd>& fds) {
  const auto ready = [&fds](int fd) {
    return std::ranges::any_of(
        fds, [fd](const pollfd& entry) { return entry.fd == fd && entry.revents != 0; });
  };
  const auto now = steady_clock::now();
  std::erase_if(connections_, [&](Connection& connection) {
    return ready(connection.fd.Get()) ? Advance(connection) : now - connection.since >= kPatience;
  });
  if (listener_ && ready(listener_.Get())) Accept();
}

void PingServer::Accept() {
  while (connections_.size() < kMostConnections) {
    UniqueFd fd(accept4(listener_.Get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) return;
    connections_.push_back({std::move(fd), {}, steady_clock::now()});
  }
}

bool PingServer::Advance(Connection& connection) {
  std::array<char, kMostRequestBytes> buffer{};
  const ssize_t n = recv(connection.fd.Get(), buffer.data(), buffer.size(), 0);
  if (n < 0) return errno != EAGAIN && errno != EINTR;
  if (n == 0) return true;
  connection.request.append(buffer.data(), static_cast<std::size_t>(n));
  if (connection.request.size() > kMostRequestBytes) return true;
  if (connection.request.find("\r\n\r\n") == std::string::npos) return false;
  const bool ping = connection.request.starts_with("GET /ping ");
  const std::string_view answer = ping ? kOk : kNotFound;
  // A few bytes into an empty socket buffer: written whole or the peer is gone.
  static_cast<void>(send(connection.fd.Get(), answer.data(), answer.size(), MSG_NOSIGNAL));
  return true;
}

}  // namespace osbx::execd
