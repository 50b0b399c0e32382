// SPDX-License-Identifier: Apache-2.0
#include "fakes/wire_client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <cstring>

#include <openssl/ssl.h>

namespace osbx::wire {

namespace {

void SetDeadlines(int fd) {
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

}  // namespace

std::string Reply::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

WireClient::WireClient(std::uint16_t port, bool tls)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  SetDeadlines(fd_.Get());
  const int on = 1;
  ::setsockopt(fd_.Get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd_.Get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fd_.Reset();
    return;
  }
  if (!tls) return;
  context_.reset(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  ssl_.reset(SSL_new(context_.get()), SSL_free);
  SSL_set_fd(ssl_.get(), fd_.Get());
  if (SSL_connect(ssl_.get()) != 1) fd_.Reset();
}

WireClient::WireClient(const std::string& unix_path)
    : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, unix_path.data(), unix_path.size());
  SetDeadlines(fd_.Get());
  if (::connect(fd_.Get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fd_.Reset();
}

WireClient::WireClient(UniqueFd connected) : fd_(std::move(connected)) {
  SetDeadlines(fd_.Get());
}

WireClient::~WireClient() = default;

bool WireClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                              : ::send(fd_.Get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool WireClient::SendRequest(std::string_view method, std::string_view target,
                             std::string_view headers, std::string_view body) {
  std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n";
  text += headers;
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  text += "\r\n";
  text += body;
  return Send(text);
}

bool WireClient::Fill() {
  std::array<char, 16384> chunk{};
  const ssize_t got = ssl_ ? SSL_read(ssl_.get(), chunk.data(), static_cast<int>(chunk.size()))
                           : ::recv(fd_.Get(), chunk.data(), chunk.size(), 0);
  if (got <= 0) return false;
  buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  return true;
}

std::optional<std::string> WireClient::ReadLine() {
  std::size_t end = buffer_.find('\n');
  while (end == std::string::npos) {
    if (!Fill()) return std::nullopt;
    end = buffer_.find('\n');
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

std::optional<std::string> WireClient::ReadExactly(std::size_t size) {
  while (buffer_.size() < size) {
    if (!Fill()) return std::nullopt;
  }
  std::string data = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return data;
}

bool WireClient::AtEnd() {
  return buffer_.empty() && !Fill();
}

std::optional<Reply> WireClient::ReadHead() {
  auto line = ReadLine();
  if (!line || line->size() < 12) return std::nullopt;
  Reply reply;
  reply.status = std::atoi(line->substr(9, 3).c_str());
  while ((line = ReadLine()) && !line->empty()) {
    const std::size_t colon = line->find(':');
    std::string name = line->substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    reply.headers[name] = line->substr(std::min(colon + 2, line->size()));
  }
  if (!line) return std::nullopt;
  return reply;
}

std::optional<std::string> WireClient::ReadChunk() {
  const auto head = ReadLine();
  if (!head) return std::nullopt;
  const std::size_t size = std::strtoul(head->c_str(), nullptr, 16);
  auto data = ReadExactly(size);
  if (!data || !ReadExactly(2)) return std::nullopt;
  return data;
}

std::optional<Reply> WireClient::ReadReply() {
  auto reply = ReadHead();
  if (!reply) return std::nullopt;
  if (reply->Header("transfer-encoding") == "chunked") {
    while (true) {
      const auto chunk = ReadChunk();
      if (!chunk) return std::nullopt;
      if (chunk->empty()) return reply;
      reply->body += *chunk;
    }
  }
  const auto body = ReadExactly(std::strtoul(reply->Header("content-length").c_str(), nullptr, 10));
  if (!body) return std::nullopt;
  reply->body = *body;
  return reply;
}

std::optional<Reply> WireClient::Call(std::string_view method, std::string_view target,
                                      std::string_view headers, std::string_view body) {
  if (!SendRequest(method, target, headers, body)) return std::nullopt;
  return ReadReply();
}

std::optional<Reply> WireClient::UpgradeTo(std::string_view target, std::string_view subprotocols,
                                           std::string_view more_headers) {
  std::string headers(more_headers);
  headers +=
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  if (!subprotocols.empty()) {
    headers += "Sec-WebSocket-Protocol: " + std::string(subprotocols) + "\r\n";
  }
  if (!SendRequest("GET", target, headers)) return std::nullopt;
  auto reply = ReadHead();
  if (reply && reply->status != 101) {
    const auto size = std::strtoul(reply->Header("content-length").c_str(), nullptr, 10);
    reply->body = ReadExactly(size).value_or("");
  }
  return reply;
}

bool WireClient::SendFrame(int opcode, std::string_view payload) {
  std::string frame;
  frame += static_cast<char>(0x80 | opcode);
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80U | payload.size());
  } else if (payload.size() < 65536) {
    frame += static_cast<char>(0x80 | 126);
    frame += static_cast<char>(payload.size() >> 8U);
    frame += static_cast<char>(payload.size() & 255U);
  } else {
    frame += static_cast<char>(0x80 | 127);
    for (int shift = 56; shift >= 0; shift -= 8) {
      frame += static_cast<char>((payload.size() >> static_cast<unsigned>(shift)) & 255U);
    }
  }
  const std::string mask = "mask";
  frame += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ mask[i % 4]);
  }
  return Send(frame);
}

std::optional<WireClient::Frame> WireClient::ReadFrame() {
  const auto head = ReadExactly(2);
  if (!head) return std::nullopt;
  std::size_t size = static_cast<unsigned char>((*head)[1]) & 127U;
  if (size >= 126) {
    const auto extended = ReadExactly(size == 126 ? 2 : 8);
    if (!extended) return std::nullopt;
    size = 0;
    for (const char c : *extended) size = size * 256 + static_cast<unsigned char>(c);
  }
  auto payload = ReadExactly(size);
  if (!payload) return std::nullopt;
  return Frame{.opcode = (*head)[0] & 15, .payload = std::move(*payload)};
}

}  // namespace osbx::wire
