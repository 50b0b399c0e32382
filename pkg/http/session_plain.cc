// SPDX-License-Identifier: Apache-2.0
// Sessions over TCP and unix sockets.
#include "http/session.inl"
#include "http/session_body.inl"
#include "http/session_proxy.inl"
#include "http/session_stream.inl"
#include "http/session_websocket.inl"

namespace osbx::http {

void SpawnPlainSession(Core& core, Socket socket, std::string peer) {
  Spawn<Socket>(core, std::move(socket), std::move(peer));
}

}  // namespace osbx::http
