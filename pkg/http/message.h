// SPDX-License-Identifier: Apache-2.0
// An HTTP request as a handler sees it, and the response it gives: a whole body, cached slices
// (never copied), a stream of chunks, an upgrade to WebSocket, or another server's answer. No Beast
// types.
// A Request's views live until the handler returns; copy what must outlive it. Values; not
// thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/body.h"
#include "http/stream.h"
#include "http/url.h"
#include "http/websocket.h"

namespace osbx::http {

struct HeaderView {
  std::string_view name;
  std::string_view value;
};

struct Header {
  std::string name;
  std::string value;
};

// Header names are the same in any case.
bool SameHeaderName(std::string_view a, std::string_view b);

// Where a handler runs. Inline ones run on the io thread: memory only, never a lock that is held
// across I/O. Pool ones may block for as long as one write or one docker call. Thread ones get a
// thread of their own, for work as long as a conversation (exec, following a log).
enum class Where { kInline, kPool, kThread };

struct Request {
  std::string_view method;    // "GET"; a HEAD request is routed as GET and its body is dropped
  std::string_view target;    // as sent: "/api/v1/namespaces/a%2Fb?watch=1"
  std::string_view raw_path;  // target before '?', still encoded
  Query query;                // decoded, in the order sent
  PathParams params;          // what the route's {names} matched, decoded
  std::vector<HeaderView> headers;
  std::string_view body;               // of BodyKind::kString
  std::shared_ptr<BodyReader> stream;  // of BodyKind::kStream
  std::string_view peer;               // "127.0.0.1:4711", or "unix"
  bool tls = false;
  bool upgrade = false;  // asks for WebSocket: the handler may answer with Response::Upgrade

  // The first header of that name, in any case; "" when absent.
  std::string_view HeaderOf(std::string_view name) const;
  bool HasHeader(std::string_view name) const;
};

struct ProxyTarget;  // http/proxy.h

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<Header> headers;
  std::string body;           // sent first,
  std::vector<Slice> slices;  // then these

  // Chunked: the headers are flushed at once, then `start` is called with the writer, on the io
  // thread (kInline: must not block) or on a thread of its own (kThread: may block; the stream is
  // closed when it returns).
  std::function<void(StreamPtr)> stream;
  // 101 and then messages. `subprotocol` is sent when not empty. Runs as `stream` does.
  std::function<void(WebSocketPtr)> websocket;
  std::string subprotocol;
  Where run = Where::kInline;  // of stream and websocket: kInline or kThread
  // The answer is that of another server (only from routes of BodyKind::kForward).
  std::shared_ptr<const ProxyTarget> proxy;

  static Response Text(int status, std::string text,
                       std::string content_type = "text/plain; charset=utf-8");
  static Response Json(int status, std::string text);
  static Response Cached(int status, Slice slice, std::string content_type = "application/json");
  static Response Stream(std::string content_type, std::function<void(StreamPtr)> start,
                         Where run = Where::kInline);
  static Response Upgrade(std::string subprotocol, std::function<void(WebSocketPtr)> start,
                          Where run = Where::kThread);
  static Response Proxy(ProxyTarget target);
};

using Handler = std::function<Response(const Request&)>;

}  // namespace osbx::http
