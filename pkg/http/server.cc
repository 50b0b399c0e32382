// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include "http/core.h"

namespace osbx::http {

Server::Server(ServerOptions options, Router router)
    : core_(std::make_unique<Core>(std::move(options), std::move(router))) {}
Server::~Server() {
  Stop();
}

Result<> Server::Start() {
  return core_->Start();
}
void Server::Stop(std::chrono::milliseconds grace) {
  core_->Stop(grace);
}
std::uint16_t Server::Port(std::size_t listener) const {
  return core_->Port(listener);
}
const Counters& Server::counters() const {
  return core_->counters();
}
Loop& Server::loop() {
  return *core_;
}

}  // namespace osbx::http
