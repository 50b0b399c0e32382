// SPDX-License-Identifier: Apache-2.0
// Sessions over TLS.
#include "http/session.inl"
#include "http/session_stream.inl"
#include "http/session_websocket.inl"

namespace osbx::http {

void SpawnTlsSession(Core& core, Socket socket, std::string peer,
                     std::shared_ptr<asio::ssl::context> tls) {
  asio::ssl::stream<Socket> stream(std::move(socket), *tls);
  Spawn<asio::ssl::stream<Socket>>(core, std::move(stream), std::move(peer), std::move(tls));
}

}  // namespace osbx::http
