// SPDX-License-Identifier: Apache-2.0
#include "fakes/fake_docker/http.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace osbx::fakes::docker {
namespace {

std::string Decode(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      plain +=
          static_cast<char>(std::strtol(std::string(text.substr(i + 1, 2)).c_str(), nullptr, 16));
      i += 2;
    } else {
      plain += text[i] == '+' ? ' ' : text[i];
    }
  }
  return plain;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    if (end != 0) parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

void ParseTarget(std::string_view target, HttpRequest& request) {
  const std::size_t mark = target.find('?');
  for (const std::string_view part : Split(target.substr(0, mark), '/')) {
    const bool first = request.segments.empty() && request.version.empty();
    if (first && part.size() > 2 && part[0] == 'v' && part[1] >= '0' && part[1] <= '9') {
      request.version = part;
    } else {
      request.segments.push_back(Decode(part));
    }
  }
  if (mark == std::string_view::npos) return;
  for (const std::string_view pair : Split(target.substr(mark + 1), '&')) {
    const std::size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    std::string& values = request.query[Decode(pair.substr(0, equals))];
    values += (values.empty() ? "" : "\n") + Decode(value);
  }
}

bool ParseHead(std::string_view head, HttpRequest& request) {
  const std::size_t line_end = head.find("\r\n");
  const auto words = Split(head.substr(0, line_end), ' ');
  if (words.size() != 3) return false;
  request.method = words[0];
  ParseTarget(words[1], request);
  for (std::string_view line : Split(head.substr(std::min(line_end, head.size())), '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    while (!value.empty() && value.back() == '\r') value.remove_suffix(1);
    request.headers[std::move(name)] = value;
  }
  return true;
}

const char* ReasonOf(int status) {
  if (status < 300) return "OK";
  return status == 304 ? "Not Modified" : "Error";
}

}  // namespace

std::string HttpRequest::Query(const std::string& name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::string() : found->second;
}

bool HttpRequest::Flag(const std::string& name) const {
  const std::string value = Query(name);
  return value == "1" || value == "true";
}

std::string HttpRequest::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

bool HttpConnection::Fill() {
  std::array<char, 16384> bytes{};
  for (;;) {
    const ssize_t size = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    buffer_.append(bytes.data(), static_cast<std::size_t>(size));
    return true;
  }
}

std::optional<HttpRequest> HttpConnection::Read() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) return std::nullopt;
  }
  HttpRequest request;
  if (!ParseHead(std::string_view(buffer_).substr(0, end), request)) return std::nullopt;
  buffer_.erase(0, end + 4);
  const std::string length = request.Header("content-length");
  const std::size_t size = length.empty() ? 0 : std::strtoul(length.c_str(), nullptr, 10);
  while (buffer_.size() < size) {
    if (!Fill()) return std::nullopt;
  }
  request.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return request;
}

bool HttpConnection::WriteRaw(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

bool HttpConnection::Write(const HttpReply& reply) {
  std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " " + ReasonOf(reply.status) +
                     "\r\nApi-Version: 1.41\r\nServer: Docker/20.10.24 (linux)\r\n";
  const bool bodyless = reply.status == 204 || reply.status == 304;
  if (!bodyless) {
    text +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(reply.body.size()) +
        "\r\n";
  }
  text += "\r\n";
  if (!bodyless) text += reply.body;
  return WriteRaw(text);
}

bool HttpConnection::BeginChunks(std::string_view content_type) {
  return WriteRaw("HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Type: " +
                  std::string(content_type) + "\r\nTransfer-Encoding: chunked\r\n\r\n");
}

bool HttpConnection::WriteChunk(std::string_view bytes) {
  if (bytes.empty()) return true;
  std::array<char, 32> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
  return WriteRaw(std::string(size.data()) + std::string(bytes) + "\r\n");
}

bool HttpConnection::EndChunks() {
  return WriteRaw("0\r\n\r\n");
}

std::string HttpConnection::ReadRaw() {
  if (buffer_.empty()) Fill();
  return std::exchange(buffer_, {});
}

bool HttpConnection::PeerGone() const {
  pollfd waiting{.fd = fd_, .events = POLLIN | POLLRDHUP, .revents = 0};
  if (::poll(&waiting, 1, 0) <= 0) return false;
  return (waiting.revents & (POLLHUP | POLLERR | POLLRDHUP)) != 0;
}

}  // namespace osbx::fakes::docker
