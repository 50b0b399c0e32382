// SPDX-License-Identifier: Apache-2.0
// Just enough HTTP/1.1 for the fake engine: requests with Content-Length, replies whole or chunked.
// One thread per connection.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace osbx::fakes::docker {

struct HttpRequest {
  std::string method;
  std::vector<std::string> segments;           // of the path, decoded, without the version
  std::string version;                         // "v1.41"; empty when the path had none
  std::map<std::string, std::string> query;    // repeated ones on lines of their own
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string Query(const std::string& name) const;
  bool Flag(const std::string& name) const;  // "1" or "true"
  std::string Header(const std::string& name) const;
};

struct HttpReply {
  int status = 200;
  std::string body;  // JSON
};

class HttpConnection {
 public:
  explicit HttpConnection(int fd) : fd_(fd) {}  // does not own it

  std::optional<HttpRequest> Read();  // nullopt: closed, or not HTTP
  bool Write(const HttpReply& reply);
  bool WriteRaw(std::string_view bytes);
  bool BeginChunks(std::string_view content_type);
  bool WriteChunk(std::string_view bytes);
  bool EndChunks();
  // Bytes after the request, for hijacked streams; empty at the end of input.
  std::string ReadRaw();
  bool PeerGone() const;

 private:
  bool Fill();
  int fd_;
  std::string buffer_;
};

}  // namespace osbx::fakes::docker
