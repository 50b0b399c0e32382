// SPDX-License-Identifier: Apache-2.0
// The API server: the Kubernetes API, batch apply, health, version and metrics over one
// registry, on the listeners given. It never talks to Docker or to mounts: what needs the node goes
// through NodeStreams. Start and Stop belong to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apiserver/health.h"
#include "apiserver/metrics.h"
#include "apiserver/node_streams.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/server.h"
#include "registry/registry.h"
#include "store/store.h"

namespace osbx::apiserver {

struct ApiServerOptions {
  std::vector<http::Listener> listeners;
  http::Limits limits;
  Secret api_key;  // empty: everybody may, so only loopback and unix sockets are listened on
  std::string version = "0.0.0";
  NodeStreams* streams = nullptr;        // null: no logs, exec, stats, doctor; outlives the server
  std::vector<ReadyCheck> ready_checks;  // of /readyz
  Collectors collectors;                 // beside the server's own
  // More routes (the SDK dialect), added before the server starts.
  std::function<void(http::Router&)> extend;
};

class ApiServer {
 public:
  // `store` is the registry's.
  ApiServer(store::Store& store, registry::Registry& registry, ApiServerOptions options);
  ~ApiServer();  // as Stop
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  // kInvalid: a listener beyond loopback without a key; kUnavailable: a port in use.
  Result<> Start();
  // Watches end properly, running requests finish, within `grace`. Idempotent.
  void Stop(std::chrono::milliseconds grace = std::chrono::milliseconds(5000));

  std::uint16_t Port(std::size_t listener = 0) const;
  const http::Counters& counters() const;
  http::Loop& loop();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace osbx::apiserver
