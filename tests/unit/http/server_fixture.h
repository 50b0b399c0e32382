// SPDX-License-Identifier: Apache-2.0
// A server on a free port with whatever routes a test adds.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "fakes/eventually.h"
#include "fakes/wire_client.h"
#include "http/server.h"

namespace osbx::http {

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    options_.listeners.emplace_back();
    options_.pool_threads = 4;
    Route("GET", "/hello", [](const Request&) { return Response::Text(200, "hello"); });
    Route("POST", "/echo",
          [](const Request& r) { return Response::Text(200, std::string(r.body)); });
    Route(
        "POST", "/pool", [](const Request& r) { return Response::Text(200, std::string(r.body)); },
        Where::kPool);
  }
  void Route(std::string method, std::string pattern, Handler handler,
             Where where = Where::kInline) {
    router_.Add({.method = std::move(method),
                 .pattern = std::move(pattern),
                 .handler = std::move(handler),
                 .where = where});
  }
  void TearDown() override { server_.reset(); }  // before what the handlers refer to
  void Start() {
    server_ = std::make_unique<Server>(options_, std::move(router_));
    const auto started = server_->Start();
    ASSERT_TRUE(started.has_value()) << started.error().ToString();
  }
  wire::WireClient Connect() { return wire::WireClient(server_->Port()); }

  ServerOptions options_;
  Router router_;
  std::unique_ptr<Server> server_;
};

}  // namespace osbx::http
