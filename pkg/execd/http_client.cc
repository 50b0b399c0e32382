// SPDX-License-Identifier: Apache-2.0
#include "execd/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>

namespace osbx::execd {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostReply = 16U << 20;
constexpr std::size_t kMostHead = 64U << 10;
constexpr std::size_t kReadAtOnce = 16U << 10;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

bool SameWord(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool ParseNumber(std::string_view text, std::size_t& number, int base = 10) {
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number, base);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

Result<> Wait(int fd, short events, Clock::time_point until) {
  pollfd entry{.fd = fd, .events = events};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    if (left.count() <= 0) return Error(Code::kDeadlineExceeded, "no answer in time");
    const int ready =
        poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return Error::FromErrno(errno, "poll");
  }
}

Result<UniqueFd> Dial(const ServerUrl& server, Clock::time_point until) {
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Error::FromErrno(errno, "socket");
  sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(server.port)};
  inet_pton(AF_INET, server.ip.c_str(), &address.sin_addr);
  int why = 0;
  if (connect(fd.Get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    why = errno;
  }
  if (why == EINPROGRESS) {
    OSBX_CHECK(Wait(fd.Get(), POLLOUT, until));
    socklen_t size = sizeof why;
    getsockopt(fd.Get(), SOL_SOCKET, SO_ERROR, &why, &size);
  }
  if (why == 0) return fd;
  return Error(Code::kUnavailable,
               "cannot reach " + server.host + ": " + Error::FromErrno(why, "connect").message());
}

Result<> SendAll(int fd, std::string_view bytes, Clock::time_point until) {
  while (!bytes.empty()) {
    const ssize_t n = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      OSBX_CHECK(Wait(fd, POLLOUT, until));
    } else if (errno != EINTR) {
      return Error::FromErrno(errno, "send");
    }
  }
  return {};
}

// What has come, at least a byte of it; "" at the end.
Result<std::string> ReadSome(int fd, Clock::time_point until) {
  std::array<char, kReadAtOnce> buffer{};
  while (true) {
    const ssize_t n = recv(fd, buffer.data(), buffer.size(), 0);
    if (n >= 0) return std::string(buffer.data(), static_cast<std::size_t>(n));
    if (errno == EAGAIN) {
      OSBX_CHECK(Wait(fd, POLLIN, until));
    } else if (errno != EINTR) {
      return Error::FromErrno(errno, "receive");
    }
  }
}

std::string HeadOf(const ServerUrl& server, const ClientRequest& request,
                   std::string_view connection) {
  std::string head = request.method + " " + server.path + request.path +
                     " HTTP/1.1\r\nHost: " + server.host +
                     "\r\nConnection: " + std::string(connection) + "\r\n" + request.headers;
  if (!request.body.empty()) {
    head +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(request.body.size()) +
        "\r\n";
  } else if (request.method == "POST") {
    head += "Content-Length: 0\r\n";
  }
  return head + "\r\n" + request.body;
}

Result<std::string> Unchunk(std::string_view bytes) {
  std::string body;
  while (true) {
    const std::size_t line = bytes.find("\r\n");
    std::size_t size = 0;
    if (line == std::string_view::npos ||
        !ParseNumber(bytes.substr(0, std::min(line, bytes.find(';'))), size, 16)) {
      return Error(Code::kUnavailable, "a malformed chunk");
    }
    if (size == 0) return body;
    bytes.remove_prefix(line + 2);
    if (bytes.size() < 2 || size > bytes.size() - 2) {
      return Error(Code::kUnavailable, "the answer breaks off");
    }
    body += bytes.substr(0, size);
    bytes.remove_prefix(size + 2);
  }
}

std::uint32_t RandomMask() {
  std::uint32_t mask = 0;
  static_cast<void>(getrandom(&mask, sizeof mask, 0));  // guards caches, not secrets
  return mask;
}

}  // namespace

Result<ServerUrl> ParseServerUrl(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (url.starts_with("https://")) return Error(Code::kUnimplemented, "https is not offered here");
  if (!url.starts_with(kScheme)) return Error(Code::kInvalid, "it must start with http://");
  url.remove_prefix(kScheme.size());
  ServerUrl server;
  const std::string_view host = url.substr(0, url.find_first_of("/?#"));
  server.host = host;
  server.path = url.substr(host.size());
  while (server.path.ends_with('/')) server.path.pop_back();
  const std::size_t colon = host.rfind(':');
  server.ip = host.substr(0, colon);
  std::size_t port = server.port;
  if (colon != std::string_view::npos &&
      (!ParseNumber(host.substr(colon + 1), port) || port == 0 || port > UINT16_MAX)) {
    return Error(Code::kInvalid, "its port is not a number from 1 to 65535");
  }
  server.port = static_cast<std::uint16_t>(port);
  if (server.ip == "localhost") server.ip = "127.0.0.1";
  in_addr ignored{};
  if (inet_pton(AF_INET, server.ip.c_str(), &ignored) != 1) {
    return Error(Code::kUnimplemented, "its host must be an IPv4 address or localhost");
  }
  return server;
}

Result<ClientReply> ParseReply(std::string_view bytes) {
  const std::size_t end = bytes.find(kHeadEnd);
  if (!bytes.starts_with("HTTP/1.") || end == std::string_view::npos) {
    return Error(Code::kUnavailable, "not an HTTP answer");
  }
  std::string_view head = bytes.substr(0, end);
  std::string_view body = bytes.substr(end + kHeadEnd.size());
  ClientReply reply;
  std::size_t status = 0;
  if (head.size() < 12 || !ParseNumber(head.substr(9, 3), status)) {
    return Error(Code::kUnavailable, "an answer without a status");
  }
  reply.status = static_cast<int>(status);
  bool chunked = false;
  std::optional<std::size_t> length;
  while (head.find("\r\n") != std::string_view::npos) {
    head.remove_prefix(head.find("\r\n") + 2);
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = Trim(line.substr(colon + 1));
    if (SameWord(name, "transfer-encoding")) chunked = SameWord(value, "chunked");
    std::size_t number = 0;
    if (SameWord(name, "content-length") && ParseNumber(value, number)) length = number;
  }
  if (chunked) {
    OSBX_TRY(reply.body, Unchunk(body));
    return reply;
  }
  if (length && *length > body.size()) return Error(Code::kUnavailable, "the answer breaks off");
  reply.body = body.substr(0, length.value_or(body.size()));
  return reply;
}

Result<ClientReply> Fetch(const ServerUrl& server, const ClientRequest& request) {
  const auto until = Clock::now() + request.patience;
  OSBX_TRY(const UniqueFd fd, Dial(server, until));
  OSBX_CHECK(SendAll(fd.Get(), HeadOf(server, request, "close"), until));
  std::string bytes;
  while (true) {
    OSBX_TRY(const std::string some, ReadSome(fd.Get(), until));
    if (some.empty()) return ParseReply(bytes);
    bytes += some;
    if (bytes.size() > kMostReply) return Error(Code::kUnavailable, "the answer is too long");
  }
}

Result<ClientSocket> ClientSocket::Open(const ServerUrl& server, const ClientRequest& request) {
  const auto until = Clock::now() + request.patience;
  ClientRequest upgrade = request;
  upgrade.headers +=
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: b3NieC1leGVjZCBvc2J4LQ==\r\n";  // any 16 bytes: nothing is verified
  OSBX_TRY(UniqueFd fd, Dial(server, until));
  OSBX_CHECK(SendAll(fd.Get(), HeadOf(server, upgrade, "Upgrade"), until));
  std::string bytes;
  while (bytes.find(kHeadEnd) == std::string::npos) {
    OSBX_TRY(const std::string some, ReadSome(fd.Get(), until));
    bytes += some;
    if (some.empty() || bytes.size() > kMostHead) {
      return Error(Code::kUnavailable, "the WebSocket is refused");
    }
  }
  const std::size_t end = bytes.find(kHeadEnd) + kHeadEnd.size();
  if (!bytes.starts_with("HTTP/1.1 101")) {
    return Error(Code::kUnavailable,
                 "the WebSocket is refused: " + bytes.substr(0, bytes.find("\r\n")));
  }
  ClientSocket socket(std::move(fd));
  socket.frames_.Feed(std::string_view(bytes).substr(end));
  return socket;
}

Result<> ClientSocket::SendFrame(Opcode opcode, std::string_view payload) {
  constexpr std::chrono::seconds kPatience{30};
  return SendAll(fd_.Get(), MaskedFrame(opcode, payload, RandomMask()), Clock::now() + kPatience);
}

Result<> ClientSocket::Send(std::string_view text) {
  return SendFrame(Opcode::kText, text);
}

Result<std::string> ClientSocket::Receive(std::chrono::milliseconds patience) {
  const auto until = Clock::now() + patience;
  while (true) {
    OSBX_TRY(auto message, frames_.Next());
    if (!message) {
      OSBX_TRY(const std::string some, ReadSome(fd_.Get(), until));
      if (some.empty()) return Error(Code::kUnavailable, "the connection has ended");
      frames_.Feed(some);
    } else if (message->opcode == Opcode::kPing) {
      OSBX_CHECK(SendFrame(Opcode::kPong, message->payload));
    } else if (message->opcode == Opcode::kClose) {
      return Error(Code::kUnavailable, "the connection was closed");
    } else if (message->opcode != Opcode::kPong) {
      return std::move(message->payload);
    }
  }
}

}  // namespace osbx::execd
