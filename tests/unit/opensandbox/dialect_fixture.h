// SPDX-License-Identifier: Apache-2.0
// The SDK dialect on the wire, over a real API server and a memory store; a thread stands in for
// the controllers.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "apiserver/opensandbox/dialect.h"
#include "unit/apiserver/api_fixture.h"

namespace osbx::apiserver {

class DialectTest : public ApiTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(registry_.EnsureNamespaces().has_value());
    OpenDialect();
    options_.api_key = Secret("right");
    options_.extend = [this](http::Router& router) { dialect_->AddRoutes(router); };
    // Every new sandbox runs at once, or fails when its image is "broken"; "slow" ones stay
    // Pending.
    controller_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        for (const auto& object : store_.List({.kind = "sandboxes"}).objects) Settle(*object);
        for (const auto& object : store_.List({.kind = "snapshots"}).objects) Take(*object);
        std::this_thread::yield();
      }
    });
    Start();
  }
  void TearDown() override {
    dialect_->Stop();
    server_.reset();
    controller_ = {};
  }
  void OpenDialect() {
    dialect_options_.max_timeout_seconds = 3600;
    dialect_options_.allowed_host_paths = {"/allowed/"};
    dialect_ = std::make_unique<opensandbox::Dialect>(store_, registry_, dialect_options_);
  }
  // As osbxd does: everything but the store is new.
  void Restart() {
    dialect_->Stop();
    server_.reset();
    OpenDialect();
    Start();
  }
  void Settle(const store::Object& object) {
    const registry::Ref ref{api::FindKindByPlural("sandboxes"), object.key.ns, object.key.name};
    const Json& body = *object.body;
    if (body["metadata"].contains("deletionTimestamp")) return Release(ref);
    const std::string image = body["spec"].value("image", std::string("of a snapshot"));
    if (image == "slow") return;
    Json status;
    if (image.starts_with("broken-")) {  // broken-REASON
      status = Json{{"phase", "Failed"},
                    {"reason", image.substr(7)},
                    {"message", "no luck"},
                    {"gaveUp", true}};
    } else if (image.starts_with("exits-")) {  // exits-CODE
      status = Json{{"phase", "Failed"},
                    {"lastTermination", {{"exitCode", std::stoi(image.substr(6))}}}};
    } else {
      const bool paused = body["spec"].value("paused", false) && image != "stubborn";
      Json ready{{"type", "Ready"},
                 {"status", paused ? "False" : "True"},
                 {"reason", paused ? "Paused" : "Running"}};
      status = Json{{"phase", paused ? "Paused" : "Running"}, {"conditions", {std::move(ready)}}};
      if (image == "short") status["phase"] = "Succeeded";
    }
    if (body.contains("status") && body["status"]["phase"] == status["phase"]) return;
    Ignore(registry_.SetStatus(ref, 0, status), "another pass follows");
  }
  // Snapshots are ready at once, but those whose name says what becomes of them.
  void Take(const store::Object& object) {
    const registry::Ref ref{api::FindKindByPlural("snapshots"), object.key.ns, object.key.name};
    const Json& body = *object.body;
    const std::string name = body["spec"].value("name", std::string());
    const bool deleting = body["metadata"].contains("deletionTimestamp");
    Json status{{"phase", "Ready"}, {"image", "osbx-snapshots:x"}, {"reason", "Ready"}};
    if (name == "creating") status = Json{{"phase", "Creating"}};
    if (name == "imageless") status.erase("image");
    if (name == "failing") {
      status = Json{{"phase", "Failed"}, {"reason", "CommitFailed"}, {"message", "no room"}};
    }
    if (deleting) {
      if (name != "kept") return Release(ref);
      status = Json{{"phase", "Deleting"}, {"reason", "Deleting"}, {"message", "rmi failed"}};
    }
    if (body.contains("status") && body["status"]["phase"] == status["phase"]) return;
    Ignore(registry_.SetStatus(ref, 0, status), "another pass follows");
  }
  void Release(const registry::Ref& ref) {
    Ignore(registry_.Modify(ref,
                            [](Json& present) -> Result<> {
                              present["metadata"].erase("finalizers");
                              return {};
                            }),
           "another pass follows");
  }
  JsonReply Ask(std::string_view method, std::string_view target, std::string_view body = "") {
    return Call(method, target, body, "OPEN-SANDBOX-API-KEY: right\r\n");
  }
  static std::string Body(std::string_view image, std::string_view more = "") {
    return R"({"entrypoint":["a"],"resourceLimits":{},"image":{"uri":")" + std::string(image) +
           R"("})" + std::string(more) + "}";
  }
  // Its path below /v1.
  std::string Create(std::string_view image) {
    const JsonReply reply = Ask("POST", "/v1/sandboxes", Body(image));
    EXPECT_EQ(reply.status, 202) << reply.raw.body;
    return reply.status == 202 ? "/v1/sandboxes/" + reply.body["id"].get<std::string>() : "";
  }
  std::string CodeOf(std::string_view method, std::string_view target, std::string_view body = "") {
    const JsonReply reply = Ask(method, target, body);
    return std::to_string(reply.status) + " " + reply.body.value("code", reply.raw.body);
  }
  // The code that a create with this one volume is answered with.
  std::string VolumeCode(std::string_view volume) {
    return CodeOf("POST", "/v1/sandboxes",
                  Body("busybox", R"(,"volumes":[)" + std::string(volume) + "]"));
  }

  // The id of a snapshot of that name, of a new sandbox.
  std::string Snapshot(const std::string& name) {
    const JsonReply reply =
        Ask("POST", Create("busybox") + "/snapshots", R"({"name":")" + name + R"("})");
    EXPECT_EQ(reply.status, 202) << reply.raw.body;
    return reply.status == 202 ? reply.body["id"].get<std::string>() : "";
  }
  bool BecomesReady(const std::string& snapshot) {
    return fakes::Eventually(
        [&] { return Ask("GET", "/v1/snapshots/" + snapshot).body["status"]["state"] == "Ready"; });
  }

  opensandbox::DialectOptions dialect_options_;
  std::unique_ptr<opensandbox::Dialect> dialect_;
  std::jthread controller_;
};

}  // namespace osbx::apiserver
