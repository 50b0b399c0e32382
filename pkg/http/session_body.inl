// SPDX-License-Identifier: Apache-2.0
// Receiving a request's body: whole, piece by piece for a handler that reads it, or for the proxy.
#pragma once

#include "http/session.inl"

namespace osbx::http {

// Takes a body as the route wants it. A whole one is read here, any other while it is used.
template <class Stream>
Task<bool> HttpSession<Stream>::TakeBody() {
  const BodyKind kind = match_.route == nullptr ? BodyKind::kString : match_.route->body;
  stop_reading_ = false;
  expects_continue_ = !parser_->is_done() &&
                      beast::iequals(parser_->get()[beast::http::field::expect], "100-continue");
  if (kind == BodyKind::kString) {
    const bool whole = co_await ReadWhole();
    co_return whole;
  }
  const std::size_t limit = match_.route->max_body_bytes;
  if (limit > 0) parser_->body_limit(limit);
  if (limit > 0 && parser_->content_length().value_or(0) > limit) {
    co_return co_await Refuse(413, "request body too large\n");
  }
  if (kind == BodyKind::kStream) {
    body_state_ = std::make_shared<BodyState>(Waker(&HttpSession::wake_));
    request_.stream = body_state_;
  }
  co_return true;
}

template <class Stream>
Task<bool> HttpSession<Stream>::ReadWhole() {
  const std::size_t route_limit = match_.route == nullptr ? 0 : match_.route->max_body_bytes;
  const std::size_t limit = route_limit > 0 ? route_limit : core_.options().limits.body_bytes;
  if (parser_->content_length().value_or(0) > limit) {
    co_return co_await Refuse(413, "request body too large\n");
  }
  parser_->body_limit(limit);
  const bool asked = co_await AskForBody();
  if (!asked) co_return false;
  deadline = Clock::now() + core_.options().limits.read;  // for all of it
  while (true) {
    ClientBytes piece = co_await ReadBody();
    switch (piece.kind) {
      case ClientBytes::Kind::kData:
        if (body_.empty()) {
          body_ = std::move(piece.bytes);
        } else {
          body_ += piece.bytes;
        }
        break;
      case ClientBytes::Kind::kEnd:
        request_.body = body_;
        co_return true;
      case ClientBytes::Kind::kTooLarge:
        co_return co_await Refuse(413, "request body too large\n");
      case ClientBytes::Kind::kMalformed:
        co_return co_await Refuse(400, "malformed request body\n");
      case ClientBytes::Kind::kLost:
        co_return false;
    }
  }
}

template <class Stream>
Task<bool> HttpSession<Stream>::AskForBody() {
  if (!std::exchange(expects_continue_, false)) co_return true;
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  const bool sent = co_await Write({asio::buffer(kContinue)});
  co_return sent;
}

template <class Stream>
Task<ClientBytes> HttpSession<Stream>::ReadBody() {
  while (true) {
    ErrorCode ec;
    if (buffer_.size() > 0 && !parser_->is_done()) {
      buffer_.consume(parser_->put(buffer_.data(), ec));
    }
    std::string& text = parser_->get().body();
    if (!text.empty()) {
      co_return ClientBytes{.kind = ClientBytes::Kind::kData, .bytes = std::exchange(text, {})};
    }
    if (parser_->is_done()) co_return ClientBytes{.kind = ClientBytes::Kind::kEnd, .bytes = {}};
    if (ec == beast::http::error::body_limit) {
      co_return ClientBytes{.kind = ClientBytes::Kind::kTooLarge, .bytes = {}};
    }
    if (ec && ec != beast::http::error::need_more) {
      co_return ClientBytes{.kind = ClientBytes::Kind::kMalformed, .bytes = {}};
    }
    if (!ec && buffer_.size() > 0) continue;  // the parser stopped between two parts
    if (stop_reading_) co_return ClientBytes{};
    const auto left = parser_->content_length_remaining();
    const std::size_t most = left && *left < kBodyChunk ? kReadChunk : kBodyChunk;
    read_deadline = Clock::now() + core_.options().limits.read;
    const bool got = co_await ReadSome(most);
    read_deadline = Clock::time_point::max();
    if (!got) co_return ClientBytes{};
  }
}

// Reads for a handler that runs elsewhere, as far ahead as its queue has room. StopReading is
// called when the handler has returned.
template <class Stream>
Task<void> HttpSession<Stream>::FeedHandler() {
  const auto fail = [this](Code code, const char* why) { body_state_->Fail(Error(code, why)); };
  while (!handled_) {
    if (killed_) fail(Code::kUnavailable, "the connection was closed");
    if (!body_state_->Wanted()) {
      co_await wake_.Wait();
      continue;
    }
    const bool asked = co_await AskForBody();
    ClientBytes piece;
    if (asked) piece = co_await ReadBody();
    switch (piece.kind) {
      case ClientBytes::Kind::kData:
        body_state_->Deliver(std::move(piece.bytes));
        break;
      case ClientBytes::Kind::kEnd:
        body_state_->End();
        break;
      case ClientBytes::Kind::kTooLarge:
        fail(Code::kExhausted, "the request body is too large");
        break;
      case ClientBytes::Kind::kMalformed:
        fail(Code::kInvalid, "the request body is malformed");
        break;
      case ClientBytes::Kind::kLost:
        fail(Code::kUnavailable, "the client broke off");
        break;
    }
  }
  body_state_->Fail(Error(Code::kCancelled, "the handler has returned"));
}

// Before an answer to a request whose body was not wanted: whether the connection outlives it.
template <class Stream>
void HttpSession<Stream>::NoteUnread() {
  if (parser_->is_done()) return;
  const auto left = parser_->content_length_remaining();
  linger_ = expects_continue_ || !left || *left > kMostUnread;
}

// So that the next request can be read.
template <class Stream>
Task<bool> HttpSession<Stream>::DropBody() {
  stop_reading_ = false;
  while (!parser_->is_done()) {
    const ClientBytes piece = co_await ReadBody();
    if (piece.kind != ClientBytes::Kind::kData && piece.kind != ClientBytes::Kind::kEnd) {
      co_return false;
    }
  }
  co_return true;
}

}  // namespace osbx::http
