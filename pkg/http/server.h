// SPDX-License-Identifier: Apache-2.0
// The HTTP/1.1 edge: TCP (optionally TLS) and unix-socket listeners, keep-alive sessions, chunked
// streams and WebSockets on one io thread, handlers as ordinary functions (Router says where each
// runs). It knows no kinds and no JSON. Coroutines and Beast stay inside this folder's .cc files.
// Start, Stop and Post are thread-safe; everything is joined when Stop returns.
//
// Static programs (osbx-execd) link osbx_http_plain instead of osbx_http: the same sources without
// TLS (a listener that names a certificate fails to open), OpenSSL or spdlog. Its cost: one io
// thread; the pool starts with the first kPool handler, a kThread handler gets its thread on
// demand; without connections nothing wakes up.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "http/counters.h"
#include "http/message.h"
#include "http/router.h"

namespace osbx::http {

struct Listener {
  std::string address = "127.0.0.1";  // numeric; ignored for a unix socket
  std::uint16_t port = 0;             // 0: the kernel chooses, see Server::Port
  std::string unix_path;  // not empty: listen there instead (mode 0660, replaced if stale)
  std::string cert_file;  // PEM; with key_file: TLS
  std::string key_file;
};

struct Limits {
  std::size_t header_bytes = 64U << 10;       // more: 431
  std::size_t body_bytes = 3U << 20;          // more: 413; the size Kubernetes takes
  std::size_t connections = 10'000;           // more: closed at accept
  std::size_t stream_queue_bytes = 1U << 20;  // a slow reader's share before Write says no
  std::size_t websocket_queue_bytes = 1U << 20;
  std::size_t websocket_message_bytes = 4U << 20;
  std::size_t threads = 256;                // handlers with a thread of their own; more: 503
  std::chrono::milliseconds idle{120'000};  // between requests of a connection
  std::chrono::milliseconds read{30'000};   // header, and then body, must arrive within
  std::chrono::milliseconds write{30'000};  // a response or chunk must make progress within
  std::chrono::milliseconds handshake{10'000};
  std::chrono::milliseconds backend_idle{5'000};  // of a connection kept to a proxied backend
};

struct ServerOptions {
  std::vector<Listener> listeners;
  Limits limits;
  std::size_t pool_threads = 72;  // writers waiting for one group commit, and some to spare
  // Whole header lines, each ended by "\r\n", for every response.
  std::string common_headers;
  // Looks at a request's head before its body is read; a response ends the matter (401, 403).
  // Runs on the io thread.
  std::function<std::optional<Response>(const Request&)> gate;
  // Completes every response's headers, refusals and upgrades included, just before they are sent.
  // The request of a malformed head is empty. Runs on the io thread.
  std::function<void(const Request&, Response&)> finish;
};

// Work for the io thread. Callbacks must not block.
class Loop {
 public:
  virtual ~Loop() = default;
  // From any thread; runs `work` soon, in order. Dropped when the server has stopped.
  virtual void Post(std::function<void()> work) = 0;
  // Runs `work` after `delay`; Cancel is exact only from the io thread.
  virtual std::uint64_t After(std::chrono::milliseconds delay, std::function<void()> work) = 0;
  virtual void Cancel(std::uint64_t timer) = 0;
};

class Core;

class Server {
 public:
  Server(ServerOptions options, Router router);
  ~Server();  // as Stop
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds all listeners and starts the io thread and the pool. A port in use is kUnavailable with
  // the address named.
  Result<> Start();

  // Refuses new connections, ends streams and WebSockets properly, lets running handlers finish,
  // and drops what is left after `grace`. Idempotent.
  void Stop(std::chrono::milliseconds grace = std::chrono::milliseconds(5000));

  // The port that listener got (0 for a unix socket).
  std::uint16_t Port(std::size_t listener = 0) const;
  const Counters& counters() const;
  Loop& loop();

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace osbx::http
