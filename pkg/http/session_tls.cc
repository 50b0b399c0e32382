// SPDX-License-Identifier: Apache-2.0
// Sessions over TLS.
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "http/session.inl"
#include "http/session_body.inl"
#include "http/session_proxy.inl"
#include "http/session_stream.inl"
#include "http/session_websocket.inl"
#include "http/tls.h"

namespace osbx::http {

using TlsStream = asio::ssl::stream<Socket>;

template <>
struct Transport<TlsStream> {
  static constexpr bool kTls = true;
  static Socket& Lowest(TlsStream& stream) { return stream.next_layer(); }
  static Task<bool> Handshake(TlsStream* stream) {
    auto [ec] = co_await stream->async_handshake(asio::ssl::stream_base::server, kToken);
    co_return !ec;
  }
  static Task<void> Shutdown(TlsStream* stream) { co_await stream->async_shutdown(kToken); }
};

void SpawnTlsSession(Core& core, Socket socket, std::string peer, TlsContextPtr tls) {
  TlsStream stream(std::move(socket), tls->context);
  Spawn<TlsStream>(core, std::move(stream), std::move(peer), std::move(tls));
}

}  // namespace osbx::http
