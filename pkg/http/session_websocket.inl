// SPDX-License-Identifier: Apache-2.0
// A WebSocket conversation: one coroutine sends what is queued, another receives into the queue.
#pragma once

#include "http/session.inl"

namespace osbx::http {

inline constexpr auto kCloseHandshake = std::chrono::seconds(3);
inline constexpr auto kSilence = std::chrono::seconds(60);  // pinged after half, dropped after all

template <class Stream>
Task<void> HttpSession<Stream>::ServeWebSocket() {
  namespace websocket = beast::websocket;
  WsStream ws(stream_);
  ws.set_option(websocket::stream_base::timeout{
      .handshake_timeout = kCloseHandshake, .idle_timeout = kSilence, .keep_alive_pings = true});
  if (core_.options().finish) core_.options().finish(request_, response_);
  ws.set_option(websocket::stream_base::decorator(
      // NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters): not a coroutine
      [headers = response_.headers,
       subprotocol = response_.subprotocol](websocket::response_type& response) {
        for (const Header& header : headers) response.set(header.name, header.value);
        if (!subprotocol.empty()) {
          response.set(beast::http::field::sec_websocket_protocol, subprotocol);
        }
      }));
  // NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)
  ws.read_message_max(core_.options().limits.websocket_message_bytes);
  ws.auto_fragment(false);
  auto [ec] = co_await ws.async_accept(parser_->get(), kToken);
  if (ec) co_return;

  auto state =
      std::make_shared<WebSocketState>(core_.options().limits.websocket_queue_bytes,
                                       Waker(&HttpSession::wake_), Waker(&HttpSession::room_));
  // The read answers a close frame itself, and then waits for the client to close the connection.
  peer_closing_ = false;
  ws.control_callback([this, state](websocket::frame_type kind, beast::string_view) {
    if (kind != websocket::frame_type::close) return;
    peer_closing_ = true;
    state->PeerGone();
  });
  auto start = std::move(response_.websocket);
  bool started = true;
  if (response_.run == Where::kInline) {
    start(state);
  } else {
    started = core_.RunThread([start = std::move(start), state] {
      start(state);
      state->Close(1000, "");
    });
  }
  if (!started) state->Close(1013, "too many conversations");  // try again later
  if (core_.Stopping()) state->Close(1001, "the server is stopping");
  ws_state_ = state;
  core_.counters().websockets.fetch_add(1, std::memory_order_relaxed);
  asio::co_spawn(core_.executor(), ReceiveMessages(this->shared_from_this(), &ws, state),
                 asio::detached);
  co_await PumpWebSocket(&ws, state);
  state->PeerGone();
  if (peer_closing_) {
    deadline = Clock::now() + kLinger;
  } else {
    Kill();
  }
  co_await peer_done_.Wait();
  ws_state_.reset();
  state->Finish();
  core_.counters().websockets.fetch_sub(1, std::memory_order_relaxed);
}

template <class Stream>
Task<void> HttpSession<Stream>::PumpWebSocket(WsStream* ws, std::shared_ptr<WebSocketState> state) {
  while (!killed_) {
    WebSocketState::Outgoing outgoing = state->TakeOutgoing();
    for (const WsMessage& message : outgoing.messages) {
      ws->binary(message.binary);
      deadline = Clock::now() + core_.options().limits.write;
      auto [ec, size] = co_await ws->async_write(asio::buffer(message.data), kToken);
      if (ec) co_return;
    }
    deadline = Clock::time_point::max();
    if (outgoing.close) {
      if (peer_closing_ || !ws->is_open()) co_return;
      const beast::websocket::close_reason reason(
          static_cast<beast::websocket::close_code>(outgoing.code), outgoing.reason);
      co_await ws->async_close(reason, kToken);
      co_return;
    }
    if (outgoing.messages.empty()) co_await wake_.Wait();
  }
}

template <class Stream>
Task<void> HttpSession<Stream>::ReceiveMessages(Self self, WsStream* ws,
                                                std::shared_ptr<WebSocketState> state) {
  while (!self->killed_) {
    beast::flat_buffer buffer;
    auto [ec, size] = co_await ws->async_read(buffer, kToken);
    if (ec) break;
    std::string data(static_cast<const char*>(buffer.data().data()), buffer.size());
    bool room = state->Deliver({.data = std::move(data), .binary = ws->got_binary()});
    while (!room && !self->killed_ && !state->Closed()) {
      co_await self->room_.Wait();
      room = state->HasRoom();
    }
  }
  state->PeerGone();
  self->peer_done_.Set();
}

}  // namespace osbx::http
