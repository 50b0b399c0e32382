// SPDX-License-Identifier: Apache-2.0
// One connection: reads requests, has them handled where their route says, writes the answers in
// order. A template over the transport, instantiated in session_plain.cc and session_tls.cc (Beast
// is expensive to compile). Everything runs on the io thread; the coroutine holds the session
// alive.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/websocket.hpp>

#include "base/log.h"
#include "http/body_state.h"
#include "http/core.h"
#include "http/proxy_exchange.h"
#include "http/request_body.h"
#include "http/stream_state.h"
#include "http/websocket_state.h"

namespace osbx::http {

namespace beast = boost::beast;
using ErrorCode = boost::system::error_code;
using Parser = beast::http::request_parser<BytesBody>;
inline constexpr auto kToken = asio::as_tuple(asio::use_awaitable_t<Executor>{});

inline constexpr std::size_t kReadChunk = 4096;
inline constexpr std::size_t kBodyChunk = 64U << 10;     // read at a time of a long body
inline constexpr std::size_t kMostUnread = 64U << 10;    // of a body nobody wanted, to go on after
inline constexpr std::size_t kCopyBelow = 16U << 10;     // smaller slices are copied, not gathered
inline constexpr std::size_t kWritePiece = 256U << 10;   // one write's deadline covers this much
inline constexpr std::size_t kMaxPipelined = 16U << 10;  // kept of a next request during a stream
inline constexpr std::size_t kMaxDiscarded = 1U << 20;   // read and dropped before a close
inline constexpr auto kLinger = std::chrono::seconds(1);

// What differs between transports; that of TLS is in session_tls.cc.
template <class Stream>
struct Transport;

template <>
struct Transport<Socket> {
  static constexpr bool kTls = false;
  static Socket& Lowest(Socket& stream) { return stream; }
  static Task<bool> Handshake(Socket* /*stream*/) { co_return true; }
  static Task<void> Shutdown(Socket* /*stream*/) { co_return; }
};

template <class Stream>
class HttpSession final : public ProxyClient,
                          public std::enable_shared_from_this<HttpSession<Stream>> {
 public:
  HttpSession(Core& core, Stream stream, std::string peer, TlsContextPtr tls = nullptr);
  ~HttpSession() override;

  static Task<void> Run(std::shared_ptr<HttpSession> self);
  void Drain() override;
  void Kill() override;
  void BackendLate() override;

  // session_proxy.inl
  Task<bool> AskForBody() override;
  Task<ClientBytes> ReadBody() override;  // session_body.inl
  Task<ClientBytes> ReadTunnel() override;
  Task<ClientBytes> WaitForEnd() override;
  void StopReading() override;
  void ExpectProgress() override;
  Framing::Kind PutHead(ProxyHead head) override;
  bool HeadWaits() const override { return !out_.empty(); }
  Task<bool> Send(std::vector<asio::const_buffer> buffers) override;

 private:
  using Clock = std::chrono::steady_clock;
  using Self = std::shared_ptr<HttpSession>;
  using Layer = Transport<Stream>;

  Task<bool> Handshake();
  Task<bool> ServeOne();  // false: close
  Task<bool> ReadSome(std::size_t most = kReadChunk);
  Task<bool> ReadHead();  // false: close, or answered with an error
  Task<bool> Dispatch();
  Task<bool> Deliver();
  Task<void> RunHandler();
  Task<bool> RunElsewhere(Where where);
  Task<bool> Refuse(int status, std::string text);  // answers, and closes
  Task<bool> Respond();
  Task<bool> Write(std::vector<asio::const_buffer> buffers);
  Task<void> Goodbye();
  void MakeRequest();
  void AppendHead(bool chunked, std::size_t size);
  void AppendHeaders();
  bool KeepAlive() const;
  std::optional<int> HeadError() const;

  // session_body.inl
  Task<bool> TakeBody();   // as the route wants it; false: as ReadHead
  Task<bool> ReadWhole();
  Task<void> FeedHandler();
  void NoteUnread();
  Task<bool> DropBody();  // what is left of it; false: close

  // session_proxy.inl
  Task<bool> ServeProxy();

  // session_stream.inl
  Task<bool> ServeStream();
  Task<bool> PumpStream(std::shared_ptr<StreamState> state, bool chunked);
  Task<bool> WriteChunks(StreamState::Batch batch, bool chunked);
  static Task<void> WatchPeer(Self self);
  Task<void> StopWatchingPeer();

  // session_websocket.inl
  using WsStream = beast::websocket::stream<Stream&>;
  Task<void> ServeWebSocket();
  Task<void> PumpWebSocket(WsStream* ws, std::shared_ptr<WebSocketState> state);
  static Task<void> ReceiveMessages(Self self, WsStream* ws, std::shared_ptr<WebSocketState> state);

  std::function<void()> Waker(Event HttpSession::*event);
  std::function<void()> StreamWaker();  // session_stream.inl

  Socket& lowest() { return Layer::Lowest(stream_); }

  Core& core_;
  TlsContextPtr tls_;  // the stream refers to it
  Stream stream_;
  const std::string peer_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  Request request_;
  Router::Match match_;
  const Handler* handler_ = nullptr;
  Response response_;
  std::string out_;
  Event wake_;       // something to send, or the handler has returned
  Event room_;       // room to receive
  Event peer_done_;  // the coroutine that watches or reads the peer has ended
  std::shared_ptr<StreamState> stream_state_;
  std::shared_ptr<WebSocketState> ws_state_;
  std::shared_ptr<BodyState> body_state_;
  std::shared_ptr<ProxyExchange> exchange_;
  std::string body_;  // of request_
  Clock::time_point handled_since_{};
  bool expects_continue_ = false;  // the client sends no body before it is told to
  bool stop_reading_ = false;      // of the coroutine beside the one that answers
  bool idle_ = true;     // between requests
  bool linger_ = false;  // there may be unread input: a plain close would reset the connection
  bool peer_gone_ = false;
  bool peer_closing_ = false;  // a close frame has come
  bool killed_ = false;
  bool handled_ = false;  // the handler on another thread has returned
};

template <class Stream>
HttpSession<Stream>::HttpSession(Core& core, Stream stream, std::string peer, TlsContextPtr tls)
    : core_(core),
      tls_(std::move(tls)),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      wake_(core.executor()),
      room_(core.executor()),
      peer_done_(core.executor()) {}

template <class Stream>
HttpSession<Stream>::~HttpSession() {
  if (stream_state_) stream_state_->Finish();
  if (ws_state_) ws_state_->Finish();
}

template <class Stream>
Task<void> HttpSession<Stream>::Run(Self self) {
  self->core_.Add(self.get());
  try {
    bool more = co_await self->Handshake();
    while (more) more = co_await self->ServeOne();
    co_await self->Goodbye();
  } catch (const std::exception& e) {
    log::Error("a session ended by an exception", {{"what", e.what()}});
  }
  self->Kill();
  self->core_.Remove(self.get());
}

template <class Stream>
void HttpSession<Stream>::Drain() {
  if (idle_) {
    Kill();
  } else if (stream_state_) {
    stream_state_->Close();
  } else if (ws_state_) {
    ws_state_->Close(1001, "the server is stopping");
  } else if (exchange_) {
    exchange_->Drain();
  }
}

template <class Stream>
void HttpSession<Stream>::BackendLate() {
  backend_deadline = Clock::time_point::max();
  if (exchange_) exchange_->BackendLate();
}

template <class Stream>
void HttpSession<Stream>::Kill() {
  killed_ = true;
  deadline = read_deadline = backend_deadline = Clock::time_point::max();
  ErrorCode ignored;
  lowest().close(ignored);
  if (stream_state_ || ws_state_) wake_.Set();
  if (exchange_) exchange_->Cancel();
  room_.Set();
}

template <class Stream>
Task<bool> HttpSession<Stream>::Handshake() {
  deadline = Clock::now() + core_.options().limits.handshake;
  const bool done = co_await Layer::Handshake(&stream_);
  co_return done;
}

template <class Stream>
Task<bool> HttpSession<Stream>::ReadSome(std::size_t most) {
  auto [ec, size] = co_await stream_.async_read_some(buffer_.prepare(most), kToken);
  buffer_.commit(size);
  co_return !ec;
}

template <class Stream>
bool HttpSession<Stream>::KeepAlive() const {
  return !linger_ && !killed_ && !core_.Stopping() && parser_->get().keep_alive();
}

template <class Stream>
Task<bool> HttpSession<Stream>::ServeOne() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(core_.options().limits.header_bytes));
  parser_->body_limit(boost::none);  // by route, once the head is known
  response_ = Response{};
  request_ = Request{};
  body_.clear();
  if (buffer_.size() == 0) {
    if (buffer_.capacity() > kMaxPipelined) buffer_.shrink_to_fit();  // an upload's
    idle_ = true;
    deadline = Clock::now() + core_.options().limits.idle;
    const bool got = co_await ReadSome();
    if (!got || core_.Stopping()) co_return false;
  }
  idle_ = false;
  const bool head = co_await ReadHead();
  if (!head) co_return false;
  const bool more = co_await Dispatch();
  co_return more;
}

// What is wrong with a head that Beast accepts.
template <class Stream>
std::optional<int> HttpSession<Stream>::HeadError() const {
  const auto& message = parser_->get();
  if (message.version() != 10 && message.version() != 11) return 505;
  if (message.version() == 11 && message.count(beast::http::field::host) != 1) return 400;
  if (message.count(beast::http::field::content_length) > 1) return 400;
  // Only what every other server would read as the same body.
  const auto encodings = message.count(beast::http::field::transfer_encoding);
  if (encodings > 1 || (encodings == 1 && message.version() == 10)) return 400;
  if (encodings == 1 &&
      !beast::iequals(message[beast::http::field::transfer_encoding], "chunked")) {
    return 501;
  }
  return std::nullopt;
}

// A header line continued on the next one (obs-fold, RFC 9112 §5.2): Beast joins them, others take
// the second for a header of its own.
inline bool HasFoldedLine(std::string_view head) {
  for (std::size_t at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at + 1)) {
    if (at + 1 < head.size() && (head[at + 1] == ' ' || head[at + 1] == '\t')) return true;
  }
  return false;
}

template <class Stream>
Task<bool> HttpSession<Stream>::ReadHead() {
  deadline = Clock::now() + core_.options().limits.read;
  while (!parser_->is_header_done()) {
    ErrorCode ec;
    const auto bytes = buffer_.data();
    const std::size_t taken = parser_->put(bytes, ec);
    const bool folded = HasFoldedLine({static_cast<const char*>(bytes.data()), taken});
    buffer_.consume(taken);
    if (folded) co_return co_await Refuse(400, "a header line is continued on the next\n");
    if (parser_->is_header_done()) break;
    const bool too_long = ec == beast::http::error::header_limit ||
                          buffer_.size() > core_.options().limits.header_bytes;
    if (too_long) co_return co_await Refuse(431, "request header too large\n");
    if (ec && ec != beast::http::error::need_more) {
      co_return co_await Refuse(400, "malformed request: " + ec.message() + "\n");
    }
    const bool got = co_await ReadSome();
    if (!got) co_return false;
  }
  if (const auto status = HeadError()) {
    co_return co_await Refuse(*status, "malformed request head\n");
  }
  co_return true;
}

inline std::string_view View(beast::string_view text) {
  return {text.data(), text.size()};
}

template <class Stream>
void HttpSession<Stream>::MakeRequest() {
  const auto& message = parser_->get();
  request_.method = View(message.method_string());
  request_.target = View(message.target());
  std::string_view target = request_.target;
  if (target.starts_with("http://") || target.starts_with("https://")) {  // RFC 9112 §3.2.2
    target.remove_prefix(target.find("//") + 2);
    target.remove_prefix(std::min(target.find('/'), target.size()));
  }
  const std::size_t question = std::min(target.find('?'), target.size());
  request_.raw_path = target.substr(0, question);
  request_.query = Query(target.substr(std::min(question + 1, target.size())));
  request_.headers.clear();
  for (const auto& field : message) {
    request_.headers.push_back({View(field.name_string()), View(field.value())});
  }
  request_.body = {};
  request_.peer = peer_;
  request_.tls = Layer::kTls;
  request_.upgrade = beast::websocket::is_upgrade(message);
}

template <class Stream>
Task<bool> HttpSession<Stream>::Dispatch() {
  MakeRequest();
  match_ = core_.router().Find(request_.method, request_.raw_path);
  request_.params = std::move(match_.params);
  if (core_.options().gate) {
    if (auto refused = core_.options().gate(request_)) {
      linger_ = !parser_->is_done();
      response_ = std::move(*refused);
      core_.counters().Count(request_.method, response_.status, 0);
      const bool sent = co_await Respond();
      co_return sent&& KeepAlive();
    }
  }
  const bool body = co_await TakeBody();
  if (!body) co_return false;
  co_await RunHandler();
  body_state_.reset();
  const bool sent = response_.proxy ? co_await ServeProxy() : co_await Deliver();
  if (!sent || !KeepAlive()) co_return false;
  const bool dropped = co_await DropBody();
  co_return dropped;
}

// Sends what the handler has answered. False: close.
template <class Stream>
Task<bool> HttpSession<Stream>::Deliver() {
  NoteUnread();
  if (response_.websocket) {
    if (request_.upgrade && buffer_.size() == 0 && parser_->is_done()) {
      co_await ServeWebSocket();
      co_return false;
    }
    response_ = Response::Text(426, "this needs a WebSocket\n");
  }
  const bool streamed = response_.stream && request_.method != "HEAD";
  const bool sent = streamed ? co_await ServeStream() : co_await Respond();
  co_return sent;
}

// What the route's handler, or the one for no route, answers. Never throws.
inline Response Answer(const Handler& handler, const Request& request) {
  try {
    return handler(request);
  } catch (const std::exception& e) {
    log::Error("a handler threw", {{"path", request.raw_path}, {"what", e.what()}});
    return Response::Text(500, "internal error\n");
  }
}

template <class Stream>
Task<void> HttpSession<Stream>::RunHandler() {
  const Where where = match_.route == nullptr ? Where::kInline : match_.route->where;
  handler_ = match_.route == nullptr ? &core_.router().NotFound() : &match_.route->handler;
  if (match_.route == nullptr && !match_.allowed.empty()) {
    response_ = Response::Text(405, "405 method not allowed\n");
    std::string allow;
    for (const std::string& method : match_.allowed) allow += (allow.empty() ? "" : ", ") + method;
    response_.headers.push_back({"Allow", std::move(allow)});
    core_.counters().Count(request_.method, 405, 0);
    co_return;
  }
  handled_since_ = Clock::now();
  core_.counters().in_flight.fetch_add(1, std::memory_order_relaxed);
  deadline = Clock::time_point::max();
  if (where == Where::kInline) {
    response_ = Answer(*handler_, request_);
  } else {
    const bool accepted = co_await RunElsewhere(where);
    if (!accepted) response_ = Response::Text(503, "too many long requests\n");
  }
  core_.counters().in_flight.fetch_sub(1, std::memory_order_relaxed);
  if (response_.proxy) co_return;  // counted with the status it gets
  const std::chrono::duration<double> took = Clock::now() - handled_since_;
  core_.counters().Count(request_.method, response_.status, took.count());
}

template <class Stream>
Task<bool> HttpSession<Stream>::RunElsewhere(Where where) {
  auto work = [self = this->shared_from_this()] {
    self->response_ = Answer(*self->handler_, self->request_);
    const Executor executor = self->core_.executor();
    asio::post(executor, [self] {
      self->handled_ = true;
      self->wake_.Set();
      if (self->body_state_) self->StopReading();
    });
  };
  handled_ = false;
  if (where == Where::kPool) {
    asio::post(core_.pool(), std::move(work));
  } else if (!core_.RunThread(std::move(work))) {
    co_return false;
  }
  if (body_state_) co_await FeedHandler();
  while (!handled_) co_await wake_.Wait();  // an earlier stream may still send wakes
  co_return true;
}

template <class Stream>
Task<bool> HttpSession<Stream>::Refuse(int status, std::string text) {
  linger_ = true;
  response_ = Response::Text(status, std::move(text));
  core_.counters().Count(View(parser_->get().method_string()), status, 0);
  co_await Respond();
  co_return false;
}

inline void AppendStatus(std::string& out, int code) {
  const auto status = static_cast<unsigned>(code);
  out += "HTTP/1.1 ";
  out += std::to_string(status);
  out += ' ';
  out += View(beast::http::obsolete_reason(static_cast<beast::http::status>(status)));
  out += "\r\n";
}

template <class Stream>
void HttpSession<Stream>::AppendHeaders() {
  for (const Header& header : response_.headers) {
    out_ += header.name;
    out_ += ": ";
    for (const char c : header.value) out_ += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
    out_ += "\r\n";
  }
}

template <class Stream>
void HttpSession<Stream>::AppendHead(bool chunked, std::size_t size) {
  if (core_.options().finish) core_.options().finish(request_, response_);
  AppendStatus(out_, response_.status);
  out_ += core_.DateLine();
  out_ += core_.options().common_headers;
  if (!response_.content_type.empty()) {
    out_ += "Content-Type: ";
    out_ += response_.content_type;
    out_ += "\r\n";
  }
  AppendHeaders();
  const bool http11 = parser_->get().version() == 11 || !parser_->is_header_done();
  if (response_.stream) {
    if (chunked) out_ += "Transfer-Encoding: chunked\r\n";
  } else if (response_.status != 204 && response_.status != 304) {
    out_ += "Content-Length: ";
    out_ += std::to_string(size);
    out_ += "\r\n";
  }
  if (!KeepAlive() || (response_.stream && !chunked)) {
    out_ += "Connection: close\r\n";
  } else if (!http11) {
    out_ += "Connection: keep-alive\r\n";
  }
  out_ += "\r\n";
}

template <class Stream>
Task<bool> HttpSession<Stream>::Respond() {
  std::size_t size = response_.body.size();
  for (const Slice& slice : response_.slices) size += slice->size();
  out_.clear();
  AppendHead(false, size);
  std::vector<asio::const_buffer> buffers;
  if (request_.method != "HEAD" && response_.status != 204 && response_.status != 304) {
    if (size < kCopyBelow) {
      out_ += response_.body;
      for (const Slice& slice : response_.slices) out_ += *slice;
      buffers.push_back(asio::buffer(out_));
    } else {
      buffers.reserve(response_.slices.size() + 2);
      buffers.push_back(asio::buffer(out_));
      buffers.push_back(asio::buffer(response_.body));
      for (const Slice& slice : response_.slices) buffers.push_back(asio::buffer(*slice));
    }
  } else {
    buffers.push_back(asio::buffer(out_));
  }
  const bool sent = co_await Write(std::move(buffers));
  co_return sent;
}

// Sends all of it. Each piece has its own deadline, so that a large list may take its time on
// a slow line, as long as it moves.
template <class Stream>
Task<bool> HttpSession<Stream>::Write(std::vector<asio::const_buffer> buffers) {
  std::size_t next = 0;
  while (next < buffers.size()) {
    std::vector<asio::const_buffer> piece;
    for (std::size_t room = kWritePiece; room > 0 && next < buffers.size() && piece.size() < 64;) {
      const std::size_t take = std::min(room, buffers[next].size());
      piece.emplace_back(buffers[next].data(), take);
      buffers[next] += take;
      room -= take;
      if (buffers[next].size() == 0) ++next;
    }
    deadline = Clock::now() + core_.options().limits.write;
    auto [ec, size] = co_await asio::async_write(stream_, piece, kToken);
    if (ec) co_return false;
  }
  co_return true;
}

// Lets the client read the last answer: closing with unread input would send a reset that
// destroys it.
template <class Stream>
Task<void> HttpSession<Stream>::Goodbye() {
  if (killed_) co_return;
  deadline = Clock::now() + kLinger;
  co_await Layer::Shutdown(&stream_);
  ErrorCode ec;
  lowest().shutdown(Socket::shutdown_send, ec);
  if (ec || !linger_) co_return;
  for (std::size_t discarded = 0; discarded < kMaxDiscarded; discarded += kReadChunk) {
    buffer_.clear();
    auto [read_ec, size] = co_await lowest().async_read_some(buffer_.prepare(kReadChunk), kToken);
    if (read_ec) co_return;
  }
}

template <class Stream>
std::function<void()> HttpSession<Stream>::Waker(Event HttpSession::*event) {
  std::weak_ptr<HttpSession> weak = this->weak_from_this();
  const Executor executor = core_.executor();
  return [weak = std::move(weak), executor, event] {
    // The last reference must not be dropped by a foreign thread, so it is taken on the io thread.
    asio::post(executor, [weak, event] {
      if (const auto self = weak.lock()) ((*self).*event).Set();
    });
  };
}

template <class Stream>
void Spawn(Core& core, Stream stream, std::string peer, TlsContextPtr tls = nullptr) {
  auto session = std::make_shared<HttpSession<Stream>>(core, std::move(stream), std::move(peer),
                                                       std::move(tls));
  asio::co_spawn(core.executor(), HttpSession<Stream>::Run(std::move(session)), asio::detached);
}

}  // namespace osbx::http
