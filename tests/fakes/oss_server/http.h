// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 over one blocking socket, just what an object store needs: request heads, streamed
// bodies (Content-Length or chunked, 100-continue on the first read), responses from memory or from
// a file. One thread per Connection; Shutdown() of the socket from elsewhere ends every wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "fakes/oss_wire/encoding.h"
#include "fakes/oss_wire/signature.h"

namespace osbx::fakes {

struct RequestHead {
  std::string method;
  std::string authority;  // of an absolute-form target, else the Host header
  std::string raw_path;   // encoded, with the leading slash, without the query
  Query query;
  Headers headers;

  std::string Header(const std::string& name) const;
  bool Has(std::string_view parameter) const;
  std::string Parameter(std::string_view name) const;  // "" when absent
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  UniqueFd file;  // when set, the body is file_size bytes of it from file_offset
  std::uint64_t file_offset = 0;
  std::uint64_t file_size = 0;
  bool drop_connection = false;  // nothing is answered, the connection is closed
};

class Connection {
 public:
  explicit Connection(UniqueFd socket) : socket_(std::move(socket)) {}

  int fd() const { return socket_.Get(); }

  // Nothing when the peer closed between requests; an error when what it sent is not HTTP.
  Result<std::optional<RequestHead>> ReadHead();

  // The next bytes of the body, "" at its end. The view is valid until the next call.
  Result<std::string_view> ReadBody();
  Result<std::string> ReadWholeBody(std::size_t limit_bytes);

  // Drops what is left of the body and sends. False: the connection cannot be used again.
  bool Send(const std::string& method, Response response);

 private:
  bool Fill();
  Result<> StartBody(const RequestHead& head);
  Result<> NextChunk();
  bool WriteAll(std::string_view bytes);
  bool SendFile(const Response& response);

  UniqueFd socket_;
  std::string buffer_;      // received, not yet consumed
  std::string piece_;       // what ReadBody returned last
  std::uint64_t left_ = 0;  // of the body, or of the present chunk
  bool chunked_ = false;
  bool chunk_open_ = false;
  bool body_done_ = true;
  bool expects_continue_ = false;
  bool keep_alive_ = true;
};

}  // namespace osbx::fakes
