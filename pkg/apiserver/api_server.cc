// SPDX-License-Identifier: Apache-2.0
#include "apiserver/api_server.h"

#include "apiserver/auth.h"
#include "apiserver/opensandbox/request_head.h"
#include "apiserver/routes.h"

namespace osbx::apiserver {

class ApiServer::State {
 public:
  State(store::Store& store, registry::Registry& registry, ApiServerOptions options)
      : options_(std::move(options)),
        hub_(store, registry.clock(), tables_),
        services_{
            .registry = registry, .tables = tables_, .hub = hub_, .streams = options_.streams},
        collectors_(options_.collectors),
        server_(HttpOptions(), Routes()) {
    collectors_.push_back(MakeServerCollector(server_.counters(), hub_, store));
  }

  Result<> Start() {
    for (const http::Listener& listener : options_.listeners) {
      if (!listener.unix_path.empty()) continue;
      OSBX_CHECK(CheckExposure(listener.address, options_.api_key));
    }
    hub_.Attach(server_.loop());
    return server_.Start();
  }

  void Stop(std::chrono::milliseconds grace) {
    server_.Stop(grace);
    hub_.Detach();
  }

  http::Server& server() { return server_; }

 private:
  http::ServerOptions HttpOptions() const {
    http::ServerOptions http;
    http.listeners = options_.listeners;
    http.limits = options_.limits;
    http.common_headers = "Cache-Control: no-cache, private\r\n";
    http.gate = [key = options_.api_key](const http::Request& request) {
      return Authenticate(request, key);
    };
    http.finish = opensandbox::FinishHead;
    return http;
  }
  http::Router Routes() const {
    http::Router router = MakeRoutes({.services = &services_,
                                      .discovery = &discovery_,
                                      .ready_checks = &options_.ready_checks,
                                      .collectors = &collectors_,
                                      .version_document = std::make_shared<const std::string>(
                                          VersionDocument(options_.version))});
    if (options_.extend) options_.extend(router);
    return router;
  }

  const ApiServerOptions options_;
  const Tables tables_;
  const Discovery discovery_;
  WatchHub hub_;
  const Services services_;
  Collectors collectors_;
  http::Server server_;  // last: it stops before what its handlers use goes
};

ApiServer::ApiServer(store::Store& store, registry::Registry& registry, ApiServerOptions options)
    : state_(std::make_unique<State>(store, registry, std::move(options))) {}
ApiServer::~ApiServer() {
  Stop();
}

Result<> ApiServer::Start() {
  return state_->Start();
}
void ApiServer::Stop(std::chrono::milliseconds grace) {
  state_->Stop(grace);
}
std::uint16_t ApiServer::Port(std::size_t listener) const {
  return state_->server().Port(listener);
}
const http::Counters& ApiServer::counters() const {
  return state_->server().counters();
}
http::Loop& ApiServer::loop() {
  return state_->server().loop();
}

}  // namespace osbx::apiserver
