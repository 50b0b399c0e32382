// SPDX-License-Identifier: Apache-2.0
// The client's side of a request that is passed on to another server.
#pragma once

#include "http/session.inl"

namespace osbx::http {

// What the client gets in place of an answer of the backend.
inline Response Refusal(const ProxyTarget& target, ProxyFault fault, const std::string& why) {
  if (target.failed) return target.failed(fault, why);
  switch (fault) {
    case ProxyFault::kTimeout:
      return Response::Text(504, "Gateway Timeout");
    case ProxyFault::kBadRequest:
      return Response::Text(400, "malformed request body\n");
    case ProxyFault::kNoConnection:
    case ProxyFault::kBadResponse:
      break;
  }
  return Response::Text(502, "Bad Gateway");
}

template <class Stream>
Task<bool> HttpSession<Stream>::ServeProxy() {
  const std::shared_ptr<const ProxyTarget> target = std::exchange(response_.proxy, nullptr);
  Framing body;
  // A GET's body is not passed on (contract/lifecycle.md §11).
  if (!parser_->is_done() && request_.method != "GET" && request_.method != "HEAD") {
    const auto length = parser_->content_length();
    body = {.kind = length ? Framing::Kind::kLength : Framing::Kind::kChunked,
            .length = length.value_or(0)};
  } else if (request_.method == "POST" || request_.method == "PUT" || request_.method == "PATCH") {
    body.kind = Framing::Kind::kLength;
  }
  if (!parser_->is_done()) request_.upgrade = false;
  out_.clear();
  stop_reading_ = false;
  exchange_ = std::make_shared<ProxyExchange>(
      core_, *this, ProxyExchange::Ask{.request = &request_, .body = body, .target = target});
  core_.counters().in_flight.fetch_add(1, std::memory_order_relaxed);
  const ProxyExchange::Outcome outcome =
      co_await ProxyExchange::Run(exchange_, this->shared_from_this());
  core_.counters().in_flight.fetch_sub(1, std::memory_order_relaxed);
  exchange_.reset();
  if (!outcome.fault) {
    linger_ = linger_ || !parser_->is_done();
    co_return outcome.whole;
  }
  NoteUnread();
  response_ = Refusal(*target, *outcome.fault, outcome.why);
  const std::chrono::duration<double> took = Clock::now() - handled_since_;
  core_.counters().Count(request_.method, response_.status, took.count());
  const bool sent = co_await Respond();
  co_return sent;
}

template <class Stream>
Task<ClientBytes> HttpSession<Stream>::ReadTunnel() {
  if (buffer_.size() == 0 && !stop_reading_) co_await ReadSome(kMaxPipelined);
  const auto bytes = buffer_.data();
  ClientBytes out;
  if (bytes.size() > 0) {
    out.kind = ClientBytes::Kind::kData;
    out.bytes.assign(static_cast<const char*>(bytes.data()), bytes.size());
    buffer_.consume(bytes.size());
  } else if (!stop_reading_ && !killed_) {
    out.kind = ClientBytes::Kind::kEnd;
  }
  co_return out;
}

template <class Stream>
Task<ClientBytes> HttpSession<Stream>::WaitForEnd() {
  constexpr std::size_t kSmall = 64;  // an idle stream costs no more
  while (!stop_reading_ && buffer_.size() < kMaxPipelined) {
    auto [ec, size] = co_await stream_.async_read_some(buffer_.prepare(kSmall), kToken);
    buffer_.commit(size);
    if (!ec) continue;
    const bool closed = ec == asio::error::eof && !killed_;
    co_return ClientBytes{.kind = closed ? ClientBytes::Kind::kEnd : ClientBytes::Kind::kLost,
                          .bytes = {}};
  }
  co_return ClientBytes{.kind = ClientBytes::Kind::kData, .bytes = {}};
}

template <class Stream>
void HttpSession<Stream>::StopReading() {
  stop_reading_ = true;
  ErrorCode ignored;
  lowest().cancel(ignored);
}

template <class Stream>
void HttpSession<Stream>::ExpectProgress() {
  read_deadline = Clock::now() + core_.options().limits.write;
}

// The backend's own headers go out as they are; ours are not added, but for what `finish` does.
template <class Stream>
Framing::Kind HttpSession<Stream>::PutHead(ProxyHead head) {
  response_ = Response{};
  response_.status = head.status;
  response_.content_type.clear();
  response_.headers = std::move(head.headers);
  if (core_.options().finish) core_.options().finish(request_, response_);
  const std::chrono::duration<double> took = Clock::now() - handled_since_;
  core_.counters().Count(request_.method, response_.status, took.count());
  AppendStatus(out_, response_.status);
  const bool dated =
      std::any_of(response_.headers.begin(), response_.headers.end(),
                  [](const Header& header) { return beast::iequals(header.name, "date"); });
  if (!dated) out_ += core_.DateLine();
  AppendHeaders();
  const bool http11 = parser_->get().version() == 11;
  Framing::Kind out = head.framing.kind;
  if (out == Framing::Kind::kChunked || out == Framing::Kind::kUntilClose) {
    out = http11 ? Framing::Kind::kChunked : Framing::Kind::kUntilClose;
  }
  if (out == Framing::Kind::kChunked) out_ += "Transfer-Encoding: chunked\r\n";
  if (out == Framing::Kind::kLength || (out == Framing::Kind::kNone && head.framing.length > 0)) {
    out_ += "Content-Length: " + std::to_string(head.framing.length) + "\r\n";
  }
  if (head.status != 101) {
    if (!KeepAlive() || out == Framing::Kind::kUntilClose) {
      linger_ = true;
      out_ += "Connection: close\r\n";
    } else if (!http11) {
      out_ += "Connection: keep-alive\r\n";
    }
  }
  out_ += "\r\n";
  return out;
}

template <class Stream>
Task<bool> HttpSession<Stream>::Send(std::vector<asio::const_buffer> buffers) {
  const std::string head = std::exchange(out_, {});
  if (!head.empty()) buffers.insert(buffers.begin(), asio::buffer(head));
  const bool sent = co_await Write(std::move(buffers));
  deadline = Clock::time_point::max();
  co_return sent;
}

}  // namespace osbx::http
