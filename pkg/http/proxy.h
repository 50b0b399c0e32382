// SPDX-License-Identifier: Apache-2.0
// Passing a request on to another HTTP server and its answer back, as bytes arrive: nothing is
// collected, both directions have bounded buffers and stop reading while the other side is slow.
// A WebSocket (or any answer 101) becomes a tunnel. For routes of BodyKind::kForward. Values.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "http/message.h"

namespace osbx::http {

// Why the backend gave no answer to pass on.
enum class ProxyFault {
  kNoConnection,  // dial failed
  kTimeout,       // nothing, for `patience`
  kBadResponse,   // it closed the connection, or what it sent is not HTTP
  kBadRequest,    // the client's body is malformed
};

struct ProxyTarget {
  // A stream socket to the backend, non-blocking, connected or about to be. Called on the io
  // thread: must not block.
  std::function<Result<UniqueFd>()> dial;
  // Connections to one backend are kept under its key for later requests without a body ("": they
  // are not).
  std::string pool_key;
  std::string target;  // what is asked for, encoded: "/a%2Fb?c=d"
  std::string host;    // the Host header
  // Sent instead of the client's of these names.
  std::vector<Header> headers;
  // More of the client's headers that are not passed on, beside those of one hop (RFC 9110 §7.6.1);
  // asked with the name in lower case.
  std::function<bool(std::string_view name)> withheld;
  // Put before a "Location: /…" of the answer, unless it begins with it.
  std::string location_prefix;
  std::chrono::milliseconds patience{180'000};  // for the head of the answer
  // What the client gets instead of the backend's answer; absent: 502, 504 or 400 as plain text.
  std::function<Response(ProxyFault fault, const std::string& why)> failed;
};

// The request's head as it goes to the backend, without the lines about the body's length and the
// empty line that ends it. Pure.
std::string ForwardedHead(const Request& request, const ProxyTarget& target);

// The headers of the backend's answer as they go to the client: without those of its hop, of the
// body's length and Server. `upgraded`: the answer is 101, whose Upgrade header stays. Pure.
std::vector<Header> ReturnedHeaders(const std::vector<HeaderView>& headers,
                                    const ProxyTarget& target, bool upgraded);

}  // namespace osbx::http
