// SPDX-License-Identifier: Apache-2.0
// A chunked response: sends what the writer queues, while a second coroutine notices that the
// client has gone.
#pragma once

#include <array>
#include <charconv>

#include "http/session.inl"

namespace osbx::http {

template <class Stream>
Task<bool> HttpSession<Stream>::ServeStream() {
  const bool chunked = parser_->get().version() == 11;
  auto state = std::make_shared<StreamState>(core_.options().limits.stream_queue_bytes,
                                             StreamWaker());
  auto start = std::move(response_.stream);
  // AppendHead asks whether there is one.
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): not a coroutine
  response_.stream = [](const StreamPtr&) {};
  if (response_.run == Where::kInline) {
    start(state);
  } else {
    auto work = [start = std::move(start), state] {
      start(state);
      state->Close();
    };
    if (!core_.RunThread(std::move(work))) {
      response_ = Response::Text(503, "too many streams\n");
      const bool sent = co_await Respond();
      co_return sent;
    }
  }
  stream_state_ = state;
  if (core_.Stopping()) state->Close();
  core_.counters().streams.fetch_add(1, std::memory_order_relaxed);
  out_.clear();
  AppendHead(chunked, 0);
  buffer_.shrink_to_fit();
  peer_gone_ = false;
  asio::co_spawn(core_.executor(), WatchPeer(this->shared_from_this()), asio::detached);
  const bool sent = co_await PumpStream(state, chunked);
  co_await StopWatchingPeer();
  if (state->Dropped()) {
    core_.counters().slow_streams_dropped.fetch_add(1, std::memory_order_relaxed);
  }
  stream_state_.reset();
  state->Finish();
  core_.counters().streams.fetch_sub(1, std::memory_order_relaxed);
  co_return sent&& chunked && !peer_gone_;
}

// As Waker; an aborted stream also ends a write that the client does not take.
template <class Stream>
std::function<void()> HttpSession<Stream>::StreamWaker() {
  std::weak_ptr<HttpSession> weak = this->weak_from_this();
  const Executor executor = core_.executor();
  return [weak = std::move(weak), executor] {
    asio::post(executor, [weak] {
      const auto self = weak.lock();
      if (!self) return;
      self->wake_.Set();
      if (self->stream_state_ && self->stream_state_->Aborted()) self->Kill();
    });
  };
}

template <class Stream>
Task<bool> HttpSession<Stream>::PumpStream(std::shared_ptr<StreamState> state, bool chunked) {
  while (true) {
    StreamState::Batch batch = state->Take();
    if (batch.aborted || peer_gone_ || killed_) co_return false;
    const bool last = batch.last;
    if (batch.chunks.empty() && out_.empty() && !last) {
      deadline = Clock::time_point::max();
      co_await wake_.Wait();
      continue;
    }
    const bool sent = co_await WriteChunks(std::move(batch), chunked);
    if (!sent) co_return false;
    if (last) co_return true;
  }
}

template <class Stream>
Task<bool> HttpSession<Stream>::WriteChunks(StreamState::Batch batch, bool chunked) {
  for (const Slice& slice : batch.chunks) {
    if (chunked) {
      std::array<char, 16> hex{};
      const auto end = std::to_chars(hex.data(), hex.data() + hex.size(), slice->size(), 16);
      out_.append(hex.data(), end.ptr).append("\r\n");
    }
    if (slice->size() < kCopyBelow) {
      out_ += *slice;
    } else {
      std::vector<asio::const_buffer> buffers{asio::buffer(out_), asio::buffer(*slice)};
      const bool sent = co_await Write(std::move(buffers));
      out_.clear();
      if (!sent) co_return false;
    }
    if (chunked) out_ += "\r\n";
    if (out_.size() < kWritePiece) continue;
    const bool sent = co_await Write({asio::buffer(out_)});
    out_.clear();
    if (!sent) co_return false;
  }
  if (batch.last && chunked) out_ += "0\r\n\r\n";
  bool sent = true;
  if (!out_.empty()) sent = co_await Write({asio::buffer(out_)});
  out_ = std::string();  // an idle stream keeps no buffer
  co_return sent;
}

// Reads while a stream is sent: an end of file means that the client has gone; bytes belong to its
// next request.
template <class Stream>
Task<void> HttpSession<Stream>::WatchPeer(Self self) {
  constexpr std::size_t kSmall = 64;  // an idle stream costs no more
  while (self->buffer_.size() < kMaxPipelined) {
    auto [ec, size] = co_await self->stream_.async_read_some(self->buffer_.prepare(kSmall), kToken);
    self->buffer_.commit(size);
    if (!ec) continue;
    self->peer_gone_ = self->killed_ || ec != asio::error::operation_aborted;
    break;
  }
  self->peer_done_.Set();
  if (self->peer_gone_) self->wake_.Set();
}

template <class Stream>
Task<void> HttpSession<Stream>::StopWatchingPeer() {
  ErrorCode ignored;
  lowest().cancel(ignored);
  co_await peer_done_.Wait();
}

}  // namespace osbx::http
