// SPDX-License-Identifier: Apache-2.0
#include "http/proxy_exchange.h"

#include <sys/socket.h>

#include <array>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace osbx::http {

namespace {

namespace beast = boost::beast;
using ErrorCode = boost::system::error_code;
constexpr auto kToken = asio::as_tuple(asio::use_awaitable_t<Executor>{});

constexpr std::uint32_t kMostHead = 64U << 10;  // of the backend's answer
constexpr auto kConnectPatience = std::chrono::seconds(10);

int StatusOf(const beast::http::response<BytesBody>& head) {
  return static_cast<int>(head.result_int());
}

std::string_view View(beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

ProxyExchange::ProxyExchange(Core& core, ProxyClient& client, Ask ask)
    : core_(core),
      client_(client),
      ask_(std::move(ask)),
      upload_done_(core.executor()),
      body_sent_(ask_.body.kind == Framing::Kind::kNone) {}

Task<ProxyExchange::Outcome> ProxyExchange::Run(std::shared_ptr<ProxyExchange> self,
                                                std::shared_ptr<void> owner) {
  self->owner_ = std::move(owner);
  Got got = co_await self->Attempt(!self->MayUseKept());
  if (got == Got::kStale) got = co_await self->Attempt(true);
  if (got == Got::kHead) self->outcome_.whole = co_await self->Answer();
  self->over_ = true;
  co_await self->StopUpload();
  self->client_.backend_deadline = Clock::time_point::max();
  self->client_.read_deadline = Clock::time_point::max();
  self->KeepBackend();
  self->CloseBackend();
  if (self->outcome_.fault && self->malformed_) self->outcome_.fault = ProxyFault::kBadRequest;
  if (self->client_lost_) self->outcome_.fault.reset();  // nobody is left to be told
  self->owner_.reset();
  co_return std::move(self->outcome_);
}

void ProxyExchange::Cancel() {
  cancelled_ = true;
  CloseBackend();
}

void ProxyExchange::BackendLate() {
  late_ = true;
  CloseBackend();
}

void ProxyExchange::Drain() {
  if (endless_) Cancel();
}

void ProxyExchange::CloseBackend() {
  client_.backend_deadline = Clock::time_point::max();
  ErrorCode ignored;
  if (backend_) backend_->close(ignored);
}

void ProxyExchange::ExpectBackend() {
  client_.backend_deadline = Clock::now() + ask_.target->patience;
}

// A kept connection may have been closed a moment ago: what is lost with it must be repeatable.
bool ProxyExchange::MayUseKept() const {
  const std::string_view method = ask_.request->method;
  return (method == "GET" || method == "HEAD") && body_sent_ && !ask_.request->upgrade &&
         !ask_.target->pool_key.empty();
}

void ProxyExchange::KeepBackend() {
  if (!outcome_.whole || !body_sent_ || tunnel_ || cancelled_ || ask_.target->pool_key.empty() ||
      core_.Stopping() || in_.size() > 0 || !parser_->keep_alive()) {
    return;
  }
  core_.backends().Put(ask_.target->pool_key, *std::exchange(backend_, std::nullopt));
}

ProxyExchange::Got ProxyExchange::Fail(ProxyFault fault, std::string why) {
  outcome_.fault = fault;
  outcome_.why = std::move(why);
  return Got::kFault;
}

// ---- the backend

Task<bool> ProxyExchange::Connect(bool fresh) {
  reused_ = false;
  if (!fresh) {
    backend_ = core_.backends().Take(ask_.target->pool_key);
    reused_ = backend_.has_value();
    if (reused_) co_return true;
  }
  Result<UniqueFd> dialled = ask_.target->dial();
  if (!dialled) {
    outcome_.why = dialled.error().message();
    co_return false;
  }
  int family = AF_UNIX;
  socklen_t size = sizeof family;
  ::getsockopt(dialled->Get(), SOL_SOCKET, SO_DOMAIN, &family, &size);
  backend_.emplace(core_.executor());
  ErrorCode ec;
  backend_->assign(asio::generic::stream_protocol(family, 0), dialled->Get(), ec);
  if (ec) co_return false;
  dialled->Release();
  const bool connected = co_await AwaitConnection();
  co_return connected;
}

// A unix socket is connected at once; TCP may take its time.
Task<bool> ProxyExchange::AwaitConnection() {
  ErrorCode ec;
  backend_->remote_endpoint(ec);
  if (!ec) co_return true;
  client_.backend_deadline = Clock::now() + kConnectPatience;
  auto [wait_error] = co_await backend_->async_wait(Socket::wait_write, kToken);
  int fault = 0;
  socklen_t size = sizeof fault;
  if (!wait_error) ::getsockopt(backend_->native_handle(), SOL_SOCKET, SO_ERROR, &fault, &size);
  if (fault != 0) outcome_.why = ErrorCode(fault, boost::system::system_category()).message();
  co_return !wait_error && fault == 0;
}

Task<bool> ProxyExchange::WriteBackend(std::vector<asio::const_buffer> buffers) {
  auto [ec, size] = co_await asio::async_write(*backend_, buffers, kToken);
  co_return !ec;
}

// Reads as much at a time as comes at a time: a download in large pieces, while an idle stream
// keeps next to nothing.
Task<bool> ProxyExchange::ReadBackend() {
  constexpr std::size_t kSmallest = 4U << 10;
  constexpr std::size_t kLargest = 256U << 10;
  if (in_.size() == 0 && in_.capacity() > 4 * read_size_) in_.shrink_to_fit();
  auto [ec, size] = co_await backend_->async_read_some(in_.prepare(read_size_), kToken);
  in_.commit(size);
  in_error_ = ec;
  if (size == read_size_) {
    read_size_ = std::min(read_size_ * 4, kLargest);
  } else if (size < read_size_ / 4) {
    read_size_ = std::max(read_size_ / 4, kSmallest);
  }
  co_return !ec;
}

// ---- the head of the answer

Task<ProxyExchange::Got> ProxyExchange::Attempt(bool fresh) {
  const bool connected = co_await Connect(fresh);
  if (!connected || cancelled_) {
    co_return Fail(late_ ? ProxyFault::kTimeout : ProxyFault::kNoConnection,
                   std::exchange(outcome_.why, {}));
  }
  std::string head = ForwardedHead(*ask_.request, *ask_.target);
  if (ask_.body.kind == Framing::Kind::kChunked) head += "Transfer-Encoding: chunked\r\n";
  if (ask_.body.kind == Framing::Kind::kLength) {
    head += "Content-Length: " + std::to_string(ask_.body.length) + "\r\n";
  }
  head += "\r\n";
  ExpectBackend();
  const bool sent = co_await WriteBackend({asio::buffer(head)});
  if (!sent && reused_) co_return Got::kStale;
  if (!sent) co_return Fail(ProxyFault::kNoConnection, "the connection was closed");
  if (!body_sent_) {
    const bool asked = co_await client_.AskForBody();
    if (!asked) client_lost_ = true;
  }
  if (!ask_.request->upgrade) StartUpload();
  const Got got = co_await ReadFinalHead();
  co_return got;
}

// Skips what comes before the answer proper (100, 102, 103).
Task<ProxyExchange::Got> ProxyExchange::ReadFinalHead() {
  while (true) {
    const Got got = co_await ReadHead();
    if (got != Got::kHead) co_return got;
    const int status = StatusOf(parser_->get());
    if (status == 101 && ask_.request->upgrade) co_return Got::kHead;
    if (status == 101) co_return Fail(ProxyFault::kBadResponse, "it changes the protocol unasked");
    if (status >= 200) co_return Got::kHead;
  }
}

Task<ProxyExchange::Got> ProxyExchange::ReadHead() {
  parser_.emplace();
  parser_->header_limit(kMostHead);
  parser_->body_limit(boost::none);
  parser_->skip(ask_.request->method == "HEAD");
  bool any = in_.size() > 0;
  while (true) {
    ErrorCode ec;
    if (in_.size() > 0) in_.consume(parser_->put(in_.data(), ec));
    if (parser_->is_header_done()) break;
    if (ec && ec != beast::http::error::need_more) {
      co_return Fail(ProxyFault::kBadResponse, "malformed head: " + ec.message());
    }
    if (in_.size() > kMostHead) co_return Fail(ProxyFault::kBadResponse, "its head is too large");
    const bool got = co_await ReadBackend();
    if (!got && late_) co_return Fail(ProxyFault::kTimeout, "no answer in time");
    if (!got && reused_ && !any && !cancelled_) co_return Got::kStale;
    if (!got) co_return Fail(ProxyFault::kBadResponse, "it closed the connection");
    any = true;
  }
  co_return Got::kHead;
}

// Where the body ends. Nothing when the head does not say it in a way that all would read alike.
std::optional<Framing> ProxyExchange::FramingOf(const Parser::value_type& head) const {
  using beast::http::field;
  const int status = StatusOf(head);
  const auto length = parser_->content_length();
  if (ask_.request->method == "HEAD" || status == 204 || status == 304) {
    return Framing{.kind = Framing::Kind::kNone, .length = length.value_or(0)};
  }
  const std::size_t encodings = head.count(field::transfer_encoding);
  if (encodings > 1) return std::nullopt;
  if (encodings == 1) {
    if (!beast::iequals(head[field::transfer_encoding], "chunked")) return std::nullopt;
    return Framing{.kind = Framing::Kind::kChunked};
  }
  if (length) return Framing{.kind = Framing::Kind::kLength, .length = *length};
  return Framing{.kind = Framing::Kind::kUntilClose};
}

// ---- the answer on its way

Task<bool> ProxyExchange::Answer() {
  const auto& head = parser_->get();
  const int status = StatusOf(head);
  const std::optional<Framing> framing = status == 101 ? Framing{} : FramingOf(head);
  if (!framing) {
    Fail(ProxyFault::kBadResponse, "its transfer encoding is not understood");
    co_return false;
  }
  std::vector<HeaderView> headers;
  for (const auto& line : head) headers.push_back({View(line.name_string()), View(line.value())});
  client_.backend_deadline = Clock::time_point::max();
  const Framing::Kind out =
      client_.PutHead({.status = status,
                       .headers = ReturnedHeaders(headers, *ask_.target, status == 101),
                       .framing = *framing});
  if (status == 101) {
    co_await Tunnel();
    co_return false;
  }
  if (ask_.request->upgrade) StartUpload();
  endless_ = out == Framing::Kind::kChunked || out == Framing::Kind::kUntilClose;
  if (core_.Stopping() && endless_) co_return false;
  bool whole = false;
  switch (framing->kind) {
    case Framing::Kind::kNone:
      whole = co_await RelayLength(0);
      break;
    case Framing::Kind::kLength:
      whole = co_await RelayLength(framing->length);
      break;
    case Framing::Kind::kChunked:
      whole = co_await RelayChunks(out);
      break;
    case Framing::Kind::kUntilClose:
      whole = co_await RelayToEnd(out);
      break;
  }
  co_return whole;
}

Task<bool> ProxyExchange::RelayLength(std::uint64_t remaining) {
  while (true) {
    const std::size_t take = std::min<std::uint64_t>(in_.size(), remaining);
    if (take > 0 || client_.HeadWaits()) {
      const bool sent = co_await client_.Send({asio::buffer(in_.data(), take)});
      if (!sent) co_return false;
      in_.consume(take);
      remaining -= take;
      if (client_ended_) client_.ExpectProgress();
    }
    if (remaining == 0) co_return true;
    const bool got = co_await ReadBackend();
    if (!got) co_return false;
  }
}

namespace {

void AppendPiece(std::string& out, std::string_view text, Framing::Kind framing) {
  if (text.empty()) return;  // an empty chunk would end the body
  if (framing != Framing::Kind::kChunked) {
    out += text;
    return;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, 16> hex{};
  std::size_t at = hex.size();
  for (std::size_t size = text.size(); size > 0; size >>= 4U) hex[--at] = kDigits[size & 15U];
  out.append(hex.data() + at, hex.size() - at).append("\r\n").append(text).append("\r\n");
}

void AppendLast(std::string& out, Framing::Kind framing) {
  if (framing == Framing::Kind::kChunked) out += "0\r\n\r\n";
}

}  // namespace

Task<bool> ProxyExchange::SendText(std::string text) {
  if (text.empty() && !client_.HeadWaits()) co_return true;
  const bool sent = co_await client_.Send({asio::buffer(text)});
  if (client_ended_) client_.ExpectProgress();
  co_return sent;
}

Task<bool> ProxyExchange::RelayChunks(Framing::Kind out) {
  while (true) {
    std::string text;
    ErrorCode ec;
    while (in_.size() > 0 && !parser_->is_done() && !ec) {
      in_.consume(parser_->put(in_.data(), ec));
      AppendPiece(text, parser_->get().body(), out);
      parser_->get().body().clear();
    }
    const bool done = parser_->is_done();
    if (done) AppendLast(text, out);
    const bool sent = co_await SendText(std::move(text));
    if (done || !sent) co_return sent;
    if (ec && ec != beast::http::error::need_more) co_return false;
    const bool got = co_await ReadBackend();
    if (!got) co_return false;
  }
}

Task<bool> ProxyExchange::RelayToEnd(Framing::Kind out) {
  while (true) {
    std::string text;
    AppendPiece(text, {static_cast<const char*>(in_.data().data()), in_.size()}, out);
    in_.consume(in_.size());
    const bool sent = co_await SendText(std::move(text));
    if (!sent) co_return false;
    const bool got = co_await ReadBackend();
    if (got) continue;
    if (in_error_ != asio::error::eof || cancelled_) co_return false;
    std::string last;
    AppendLast(last, out);
    const bool ended = co_await SendText(std::move(last));
    co_return ended;
  }
}

Task<void> ProxyExchange::Tunnel() {
  endless_ = true;
  tunnel_ = true;
  if (core_.Stopping()) co_return;
  core_.counters().websockets.fetch_add(1, std::memory_order_relaxed);
  StartUpload();
  while (true) {
    if (in_.size() > 0 || client_.HeadWaits()) {
      const bool sent = co_await client_.Send({in_.data()});
      in_.consume(in_.size());
      if (!sent) break;
      if (client_ended_) client_.ExpectProgress();
    }
    const bool got = co_await ReadBackend();
    if (!got) break;
  }
  core_.counters().websockets.fetch_sub(1, std::memory_order_relaxed);
}

// ---- what comes from the client meanwhile

void ProxyExchange::StartUpload() {
  if (uploading_) return;
  uploading_ = true;
  asio::co_spawn(core_.executor(), Upload(shared_from_this(), owner_), asio::detached);
}

Task<void> ProxyExchange::StopUpload() {
  if (!uploading_) co_return;
  client_.StopReading();
  ErrorCode ignored;
  if (backend_) backend_->cancel(ignored);
  co_await upload_done_.Wait();
}

Task<void> ProxyExchange::Upload(std::shared_ptr<ProxyExchange> self, std::shared_ptr<void> owner) {
  if (self->tunnel_) {
    co_await self->PumpTunnel();
  } else {
    if (!self->body_sent_) co_await self->PumpBody();
    if (self->body_sent_ && !self->over_) co_await self->WatchClient();
  }
  self->upload_done_.Set();
}

Task<void> ProxyExchange::PumpBody() {
  const Framing::Kind out = ask_.body.kind;
  const auto awaited = [this] { return client_.backend_deadline != Clock::time_point::max(); };
  while (!over_ && !client_lost_) {
    ClientBytes piece = co_await client_.ReadBody();
    if (over_) co_return;
    if (piece.kind != ClientBytes::Kind::kData && piece.kind != ClientBytes::Kind::kEnd) {
      malformed_ = piece.kind != ClientBytes::Kind::kLost;
      client_lost_ = !malformed_;
      break;
    }
    const bool last = piece.kind == ClientBytes::Kind::kEnd;
    std::string text;
    if (out == Framing::Kind::kChunked) {
      AppendPiece(text, piece.bytes, out);
      if (last) AppendLast(text, out);
    } else {
      text = std::move(piece.bytes);
    }
    if (awaited()) ExpectBackend();
    if (!text.empty()) {
      const bool sent = co_await WriteBackend({asio::buffer(text)});
      if (!sent) co_return;  // it wants no more; its answer may still come
      if (awaited()) ExpectBackend();
    }
    if (last) {
      body_sent_ = true;
      co_return;
    }
  }
  CloseBackend();  // what it got is no request
}

Task<void> ProxyExchange::PumpTunnel() {
  while (!over_) {
    const ClientBytes piece = co_await client_.ReadTunnel();
    if (over_) co_return;
    if (piece.kind != ClientBytes::Kind::kData) {
      client_ended_ = true;
      client_.ExpectProgress();
      ErrorCode ignored;
      backend_->shutdown(Socket::shutdown_send, ignored);
      if (piece.kind == ClientBytes::Kind::kLost) CloseBackend();
      co_return;
    }
    ExpectBackend();
    const bool sent = co_await WriteBackend({asio::buffer(piece.bytes)});
    client_.backend_deadline = Clock::time_point::max();
    if (!sent) co_return;
  }
}

Task<void> ProxyExchange::WatchClient() {
  const ClientBytes seen = co_await client_.WaitForEnd();
  if (over_) co_return;
  if (seen.kind == ClientBytes::Kind::kEnd) {
    client_ended_ = true;
    client_.ExpectProgress();
  } else if (seen.kind == ClientBytes::Kind::kLost) {
    client_lost_ = true;
    CloseBackend();
  }
}

}  // namespace osbx::http
