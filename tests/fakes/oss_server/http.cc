// SPDX-License-Identifier: Apache-2.0
#include "fakes/oss_server/http.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

namespace osbx::fakes {
namespace {

constexpr std::size_t kHeadLimitBytes = 64UL * 1024;
constexpr std::size_t kReadBytes = 64UL * 1024;

std::string_view Reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 416:
      return "Requested Range Not Satisfiable";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

bool LooksLikeHttp(char first) {
  return first >= 'A' && first <= 'Z';
}

Error BadRequest(std::string_view what) {
  return {Code::kInvalid, std::string(what)};
}

std::optional<std::uint64_t> ParseNumber(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (problem != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

Result<> ParseRequestLine(std::string_view line, RequestHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return BadRequest("no request line");
  head.method = line.substr(0, first);
  std::string_view target = line.substr(first + 1, last - first - 1);
  if (const std::size_t scheme = target.find("://");
      scheme != std::string_view::npos && !target.starts_with('/')) {
    target.remove_prefix(scheme + 3);
    const std::size_t slash = target.find_first_of("/?");
    head.authority = target.substr(0, slash);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  const std::size_t question = target.find('?');
  head.raw_path = target.substr(0, question);
  if (!head.raw_path.starts_with('/')) head.raw_path.insert(0, "/");
  if (question != std::string_view::npos) head.query = ParseQuery(target.substr(question + 1));
  return {};
}

Result<RequestHead> ParseHead(std::string_view text) {
  RequestHead head;
  std::size_t end = text.find("\r\n");
  OSBX_CHECK(ParseRequestLine(text.substr(0, end), head));
  while (end != std::string_view::npos) {
    text.remove_prefix(end + 2);
    end = text.find("\r\n");
    const std::string_view line = text.substr(0, end);
    if (line.empty()) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return BadRequest("a header without a colon");
    head.headers[ToLower(line.substr(0, colon))] = Trim(line.substr(colon + 1));
  }
  if (head.authority.empty()) head.authority = head.Header("host");
  return head;
}

}  // namespace

std::string RequestHead::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

bool RequestHead::Has(std::string_view parameter) const {
  return std::any_of(query.begin(), query.end(),
                     [&](const auto& item) { return item.first == parameter; });
}

std::string RequestHead::Parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return {};
}

bool Connection::Fill() {
  std::array<char, kReadBytes> bytes{};
  ssize_t count = 0;
  do {
    count = ::recv(socket_.Get(), bytes.data(), bytes.size(), 0);
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

Result<std::optional<RequestHead>> Connection::ReadHead() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (buffer_.size() > kHeadLimitBytes) return BadRequest("request head too large");
    // TLS on this port would wait for an answer that never comes.
    if (!buffer_.empty() && !LooksLikeHttp(buffer_.front())) return BadRequest("not HTTP");
    if (Fill()) continue;
    if (buffer_.empty()) return std::optional<RequestHead>();
    return BadRequest("closed within a request head");
  }
  OSBX_TRY(RequestHead head, ParseHead(std::string_view(buffer_).substr(0, end)));
  buffer_.erase(0, end + 4);
  OSBX_CHECK(StartBody(head));
  return std::optional<RequestHead>(std::move(head));
}

Result<> Connection::StartBody(const RequestHead& head) {
  chunked_ = ToLower(head.Header("transfer-encoding")) == "chunked";
  chunk_open_ = false;
  left_ = 0;
  if (const std::string length = head.Header("content-length"); !chunked_ && !length.empty()) {
    const auto value = ParseNumber(length, 10);
    if (!value) return BadRequest("bad Content-Length");
    left_ = *value;
  }
  body_done_ = !chunked_ && left_ == 0;
  expects_continue_ = ToLower(head.Header("expect")) == "100-continue";
  keep_alive_ = ToLower(head.Header("connection")) != "close";
  return {};
}

Result<> Connection::NextChunk() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n", chunk_open_ ? 2 : 0)) == std::string::npos) {
    if (buffer_.size() > kHeadLimitBytes) return BadRequest("bad chunk");
    if (!Fill()) return BadRequest("closed within a chunked body");
  }
  const std::size_t start = chunk_open_ ? 2 : 0;  // the line end of the chunk before
  const auto size = ParseNumber(std::string_view(buffer_).substr(start, end - start), 16);
  if (!size) return BadRequest("bad chunk size");
  buffer_.erase(0, end + 2);
  left_ = *size;
  chunk_open_ = true;
  if (left_ > 0) return {};
  while (true) {  // trailers, up to an empty line
    while ((end = buffer_.find("\r\n")) == std::string::npos) {
      if (!Fill()) return BadRequest("closed within trailers");
    }
    buffer_.erase(0, end + 2);
    if (end == 0) break;
  }
  body_done_ = true;
  return {};
}

Result<std::string_view> Connection::ReadBody() {
  if (!body_done_ && expects_continue_) {
    expects_continue_ = false;
    if (!WriteAll("HTTP/1.1 100 Continue\r\n\r\n")) return BadRequest("closed");
  }
  if (!body_done_ && chunked_ && left_ == 0) OSBX_CHECK(NextChunk());
  if (body_done_) return std::string_view();
  if (buffer_.empty() && !Fill()) return BadRequest("closed within a body");
  const std::size_t count =
      static_cast<std::size_t>(std::min<std::uint64_t>(left_, buffer_.size()));
  piece_.assign(buffer_, 0, count);
  buffer_.erase(0, count);
  left_ -= count;
  if (left_ == 0 && !chunked_) body_done_ = true;
  return std::string_view(piece_);
}

Result<std::string> Connection::ReadWholeBody(std::size_t limit_bytes) {
  std::string body;
  while (true) {
    OSBX_TRY(const std::string_view piece, ReadBody());
    if (piece.empty()) return body;
    body += piece;
    if (body.size() > limit_bytes) return BadRequest("request body too large");
  }
}

bool Connection::WriteAll(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_.Get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool Connection::SendFile(const Response& response) {
  auto offset = static_cast<off_t>(response.file_offset);
  std::uint64_t left = response.file_size;
  while (left > 0) {
    const ssize_t count = ::sendfile(socket_.Get(), response.file.Get(), &offset, left);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    left -= static_cast<std::uint64_t>(count);
  }
  return true;
}

bool Connection::Send(const std::string& method, Response response) {
  if (response.drop_connection) return false;
  // A client that waits for 100-continue may or may not send its body after an error: start afresh.
  if (!body_done_ && expects_continue_) {
    keep_alive_ = false;
    body_done_ = true;
  }
  while (!body_done_) {
    if (!ReadBody().has_value()) return false;
  }
  std::string head =
      "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(Reason(response.status));
  head += "\r\n";
  for (const auto& [name, value] : response.headers) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (!response.headers.contains("Content-Length") && response.status != 204) {
    const std::uint64_t size = response.file ? response.file_size : response.body.size();
    head += "Content-Length: " + std::to_string(size) + "\r\n";
  }
  if (!keep_alive_) head += "Connection: close\r\n";
  head += "\r\n";
  const bool with_body = method != "HEAD" && response.status != 204 && response.status != 304;
  if (with_body && !response.file) head += response.body;
  if (!WriteAll(head)) return false;
  if (with_body && response.file && !SendFile(response)) return false;
  return keep_alive_;
}

}  // namespace osbx::fakes
