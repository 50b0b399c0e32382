// SPDX-License-Identifier: Apache-2.0
// A server that does exactly what a test says: it listens, and the test reads and writes the bytes
// of each connection it accepts. One thread.
#pragma once

#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "base/unique_fd.h"
#include "fakes/temp_dir.h"
#include "fakes/wire_client.h"

namespace osbx::fakes {

class RawListener {
 public:
  RawListener() : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    const timeval patience{.tv_sec = 10, .tv_usec = 0};  // of accept
    ::setsockopt(fd_.Get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::bind(fd_.Get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(fd_.Get(), 64) != 0) {
      fd_.Reset();
    }
  }

  const std::string& path() const { return path_; }
  // The next connection; not Connected() when none has come in ten seconds.
  wire::WireClient Accept() {
    return wire::WireClient(UniqueFd(::accept4(fd_.Get(), nullptr, nullptr, SOCK_CLOEXEC)));
  }
  // Whether a connection waits to be accepted.
  bool Waits() const {
    timeval none{};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd_.Get(), &set);
    return ::select(fd_.Get() + 1, &set, nullptr, nullptr, &none) == 1;
  }

 private:
  TempDir dir_;
  const std::string path_ = dir_ / "s";
  UniqueFd fd_;
};

// The lines of a head, up to the empty one.
inline std::string ReadHeadText(wire::WireClient& connection) {
  std::string head;
  while (const auto line = connection.ReadLine()) {
    if (line->empty()) break;
    head += *line + "\n";
  }
  return head;
}

// Sends up to `most` bytes, until the other side has taken none for a while; returns how many went.
inline std::size_t SendUntilFull(int fd, std::size_t most) {
  constexpr int kWhile = 300;  // ms; a slow machine only makes it stop earlier
  const std::string piece(64U << 10, 'x');
  std::size_t total = 0;
  while (total < most) {
    const ssize_t sent =
        ::send(fd, piece.data(), std::min(piece.size(), most - total), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      total += static_cast<std::size_t>(sent);
      continue;
    }
    pollfd wait{fd, POLLOUT, 0};
    if (::poll(&wait, 1, kWhile) != 1) break;
  }
  return total;
}

}  // namespace osbx::fakes
