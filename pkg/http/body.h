// SPDX-License-Identifier: Apache-2.0
// How a route takes the body of its requests, and the reading end of one that is still arriving.
#pragma once

#include <string>

#include "base/result.h"

namespace osbx::http {

enum class BodyKind {
  kString,   // whole, in Request::body, before the handler runs
  kStream,   // read by the handler from Request::stream; not for kInline handlers, as reading waits
  kForward,  // left alone, for handlers that answer with Response::Proxy
};

// The session reads ahead a bounded amount and then stops reading from the client. A client that
// waits for "100 Continue" gets it with the first Read. What a handler leaves unread is dropped
// when it is little, and closes the connection otherwise. One thread; of no use once the handler
// has returned.
class BodyReader {
 public:
  virtual ~BodyReader() = default;

  // The next bytes, waiting for them; "" at the end of the body. kUnavailable: the client broke
  // off, or sent nothing for Limits::read. kInvalid: malformed. kExhausted: over the route's limit.
  virtual Result<std::string> Read() = 0;
};

}  // namespace osbx::http
