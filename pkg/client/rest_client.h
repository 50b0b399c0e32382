// SPDX-License-Identifier: Apache-2.0
// Talks to osbxd's API over HTTP(S) or a unix socket. Failures come as Errors with the code of the
// answer's Status, so that a caller decides on codes. Blocking; a client belongs to one thread:
// Clone makes one for another. The token never appears in an error.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"

namespace osbx::client {

struct ClientOptions {
  std::string server = "http://127.0.0.1:8080";  // http://, https:// or unix:///path
  Secret token;                                  // empty: none is sent
  std::string ca_file;                           // PEM; empty: the system's
  bool insecure_skip_tls_verify = false;
  std::chrono::milliseconds timeout{30'000};  // of one call; streams have none
  // Told each Warning header of an answer, once; called from the thread of the call.
  std::function<void(const std::string&)> on_warning;
};

struct Request {
  std::string method = "GET";
  std::string path;  // with its query, from "/"
  std::string body;
  std::string content_type = "application/json";
  std::string accept = "application/json";
  bool any_status = false;  // an answer of 300 and above is an answer too, not an error
  // Of this call, streams included; absent: the client's, and none for streams.
  std::optional<std::chrono::milliseconds> timeout = {};
  std::function<void()> on_answer = {};  // the head of an answer below 300 has come
};

struct Response {
  int status = 0;
  std::string body;
};

class RestClient {
 public:
  // kInvalid: the server URL is malformed.
  static Result<RestClient> Open(ClientOptions options);
  RestClient(RestClient&&) noexcept;
  RestClient& operator=(RestClient&&) noexcept;
  ~RestClient();
  // Another connection with the same options, for another thread.
  Result<RestClient> Clone() const;

  // A 2xx answer. Errors: the Status of the answer (code, message, causes), kUnavailable when osbxd
  // cannot be reached, kDeadlineExceeded.
  Result<Response> Do(const Request& request);
  // The same, with the answer parsed.
  Result<Json> DoJson(const Request& request);

  // Delivers the body line by line (without "\n") until it ends, `on_line` returns false or `stop`
  // fires; each is a success. kDeadlineExceeded when request.timeout is over.
  Result<> StreamLines(const Request& request, const std::function<bool(std::string_view)>& on_line,
                       std::stop_token stop = {});
  // The same with raw pieces.
  Result<> StreamBytes(const Request& request,
                       const std::function<bool(std::string_view)>& on_bytes,
                       std::stop_token stop = {});

  const ClientOptions& options() const;

 private:
  struct State;
  explicit RestClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The error that a failed answer stands for.
Error ErrorOfAnswer(int status, std::string_view body);

// Percent-encodes one path segment or query value.
std::string UrlEncode(std::string_view text);

}  // namespace osbx::client
