// SPDX-License-Identifier: Apache-2.0
// Opening the listening sockets, and accepting from them.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "http/core.h"

namespace osbx::http {

namespace {

constexpr int kBacklog = 1024;
constexpr auto kOutOfFilesPause = std::chrono::milliseconds(100);

// An address of either family with its length.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  sockaddr* Get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Result<Address> ParseAddress(const std::string& text, std::uint16_t port) {
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.size = sizeof(sockaddr_in);
  } else if (::inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.size = sizeof(sockaddr_in6);
  } else {
    return Error(Code::kInvalid, "listen address \"" + text + "\" is not a numeric IP address");
  }
  return address;
}

std::string Describe(Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
    ::inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
    return std::string(text.data()) + ":" + std::to_string(ntohs(v4->sin_port));
  }
  if (address.storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    ::inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
    return "[" + std::string(text.data()) + "]:" + std::to_string(ntohs(v6->sin6_port));
  }
  return "unix";
}

}  // namespace

Result<> Core::BindTcp(const Listener& listener, Open& open) {
  OSBX_TRY(Address address, ParseAddress(listener.address, listener.port));
  const std::string name = "listen on " + listener.address + ":" + std::to_string(listener.port);
  open.family = address.storage.ss_family;
  open.fd.Reset(::socket(open.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!open.fd) return Error::FromErrno(errno, name);
  const int on = 1;
  ::setsockopt(open.fd.Get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(open.fd.Get(), address.Get(), address.size) != 0 ||
      ::listen(open.fd.Get(), kBacklog) != 0) {
    Error error = Error::FromErrno(errno, name);
    if (error.os_errno() == EADDRINUSE) return std::move(error).WithCode(Code::kUnavailable);
    return error;
  }
  address.size = sizeof address.storage;
  ::getsockname(open.fd.Get(), address.Get(), &address.size);
  open.port =
      ntohs(open.family == AF_INET ? reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port
                                   : reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port);
  return {};
}

// A socket file nobody answers on is a left-over and is replaced; a live one is not.
Result<> Core::BindUnix(const Listener& listener, Open& open) {
  const std::string name = "listen on " + listener.unix_path;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (listener.unix_path.size() >= sizeof address.sun_path) {
    return Error(Code::kInvalid, name + ": the path is longer than a unix socket's may be");
  }
  std::memcpy(address.sun_path, listener.unix_path.data(), listener.unix_path.size());
  open.family = AF_UNIX;
  open.fd.Reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!open.fd) return Error::FromErrno(errno, name);
  const auto* plain = reinterpret_cast<const sockaddr*>(&address);
  if (::bind(open.fd.Get(), plain, sizeof address) != 0) {
    if (errno != EADDRINUSE) return Error::FromErrno(errno, name);
    const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(probe.Get(), plain, sizeof address) == 0 || errno != ECONNREFUSED) {
      return Error(Code::kUnavailable, name + ": in use");
    }
    ::unlink(listener.unix_path.c_str());
    if (::bind(open.fd.Get(), plain, sizeof address) != 0) return Error::FromErrno(errno, name);
  }
  open.unix_path = listener.unix_path;
  if (::chmod(listener.unix_path.c_str(), 0660) != 0 || ::listen(open.fd.Get(), kBacklog) != 0) {
    return Error::FromErrno(errno, name);
  }
  return {};
}

Result<> Core::OpenListener(const Listener& listener) {
  auto open = std::make_unique<Open>();
  if (listener.unix_path.empty()) {
    OSBX_CHECK(BindTcp(listener, *open));
  } else {
    OSBX_CHECK(BindUnix(listener, *open));
  }
  if (!listener.cert_file.empty()) {
    OSBX_TRY(open->tls, OpenTls(listener));
  }
  open_.push_back(std::move(open));
  return {};
}

Task<void> Core::Accept(Open* open) {
  while (!stopping_) {
    auto [ec] = co_await open->descriptor->async_wait(
        asio::posix::descriptor_base::wait_read, asio::as_tuple(asio::use_awaitable_t<Executor>{}));
    if (ec) co_return;
    for (int i = 0; i < kBacklog; ++i) {
      Address peer;
      peer.size = sizeof peer.storage;
      const int fd =
          ::accept4(open->fd.Get(), peer.Get(), &peer.size, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd >= 0) {
        StartSession(*open, fd, Describe(peer));
        continue;
      }
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        log::Warn("out of file descriptors: a connection waits", {{"errno", errno}});
        SteadyTimer pause(io_, kOutOfFilesPause);
        co_await pause.async_wait(asio::as_tuple(asio::use_awaitable_t<Executor>{}));
      }
      break;
    }
  }
}

void Core::StartSession(const Open& open, int fd, std::string peer) {
  UniqueFd owned(fd);
  if (sessions_.size() >= options_.limits.connections) return;
  if (open.family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  }
  Socket socket(io_);
  boost::system::error_code ec;
  const asio::generic::stream_protocol protocol(open.family,
                                                open.family == AF_UNIX ? 0 : IPPROTO_TCP);
  socket.assign(protocol, fd, ec);
  if (ec) return;
  owned.Release();
  counters_.connections_total.fetch_add(1, std::memory_order_relaxed);
  if (open.tls) {
    SpawnTlsSession(*this, std::move(socket), std::move(peer), open.tls);
  } else {
    SpawnPlainSession(*this, std::move(socket), std::move(peer));
  }
}

}  // namespace osbx::http
