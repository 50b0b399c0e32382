// SPDX-License-Identifier: Apache-2.0
// HTTP to the engine with libcurl: one request per call on a pooled easy handle, so that reads
// reuse a kept-alive connection. Changing requests always take a fresh one: libcurl silently
// repeats a request whose reused connection died, and a change must not be made twice unseen.
// Thread-safe.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/unique_fd.h"

namespace osbx::docker {

enum class Method { kGet, kPost, kDelete };

struct Request {
  Method method = Method::kGet;
  std::string path;          // absolute, encoded, with query; without the version prefix
  std::string body;          // JSON of a post; wiped after the call
  Secret registry_auth;      // X-Registry-Auth when not empty
  bool unversioned = false;  // /version and /_ping, before a version is agreed on
  bool bypass_breaker = false;
  bool long_poll = false;  // a time-out is no sign of a sick engine
  // The body of a 2xx answer as it comes; false ends the call with success. Others are collected.
  std::function<bool(std::string_view)> on_data;
  std::function<void()> on_connected;  // once the header of a 2xx answer is complete
};

struct Response {
  int status = 0;
  std::string body;
};

// Invalid when a segment of the path is empty, "." or "..".
Result<> CheckPath(std::string_view path);

// Where the engine listens.
struct Endpoint {
  std::string unix_path;  // empty for TCP
  std::string host = "docker";
  std::string port = "80";
};
Result<Endpoint> ParseHost(std::string_view host);

class Transport {
 public:
  explicit Transport(Endpoint endpoint);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Any HTTP answer is a success here. Errors: Unavailable, DeadlineExceeded, Cancelled, Internal.
  Result<Response> Do(Request& request, const std::string& path, Duration timeout,
                      std::stop_token stop);

  // A raw connection, for hijacked streams.
  Result<UniqueFd> Dial(Duration timeout) const;
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  struct Handle;  // one CURL*
  std::unique_ptr<Handle> Take();
  void Give(std::unique_ptr<Handle> handle);

  const Endpoint endpoint_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Handle>> idle_;
};

}  // namespace osbx::docker
