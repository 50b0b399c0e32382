// SPDX-License-Identifier: Apache-2.0
// The SDK dialect on the wire, over a real API server and a memory store; the test stands in for
// the sandbox controller.
#include "apiserver/opensandbox/dialect.h"

#include <thread>

#include "unit/apiserver/api_fixture.h"

namespace osbx::apiserver {
namespace {

constexpr std::string_view kCreate =
    R"({"image":{"uri":"busybox"},"entrypoint":["tail -f /dev/null"],"timeout":600,
        "resourceLimits":{"cpu":"1"},"metadata":{"project":"p"},"secureAccess":false})";

class DialectTest : public ApiTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(registry_.EnsureNamespaces().has_value());
    dialect_ = std::make_unique<opensandbox::Dialect>(
        store_, registry_, opensandbox::DialectOptions{.max_timeout_seconds = 3600});
    options_.api_key = Secret("right");
    options_.extend = [this](http::Router& router) { dialect_->AddRoutes(router); };
    // Every new sandbox runs at once, or fails when its image is "broken".
    controller_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        for (const auto& object : store_.List({.kind = "sandboxes"}).objects) Settle(*object);
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
  void Settle(const store::Object& object) {
    const registry::Ref ref{api::FindKindByPlural("sandboxes"), object.key.ns, object.key.name};
    if (object.body->contains("status")) return ReleaseIfDeleted(ref, *object.body);
    const bool broken = (*object.body)["spec"]["image"] == "broken";
    Json ready{{"type", "Ready"},
               {"status", broken ? "False" : "True"},
               {"reason", broken ? "ImagePullFailed" : "Running"}};
    Json status{{"phase", broken ? "Failed" : "Running"}, {"conditions", {std::move(ready)}}};
    if (broken) status["reason"] = "StartFailed";
    Ignore(registry_.SetStatus(ref, 0, status), "another pass follows");
  }
  void ReleaseIfDeleted(const registry::Ref& ref, const Json& object) {
    if (!object["metadata"].contains("deletionTimestamp")) return;
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
  std::string CreateId() {
    const JsonReply reply = Ask("POST", "/v1/sandboxes", kCreate);
    EXPECT_EQ(reply.status, 202) << reply.raw.body;
    return reply.status == 202 ? reply.body["id"].get<std::string>() : "";
  }

  std::unique_ptr<opensandbox::Dialect> dialect_;
  std::jthread controller_;
};

TEST_F(DialectTest, ASandboxLivesThroughTheSdksCalls) {
  const JsonReply created = Ask("POST", "/v1/sandboxes", kCreate);
  ASSERT_EQ(created.status, 202) << created.raw.body;
  EXPECT_EQ(created.body["status"]["state"], "Running");
  EXPECT_EQ(created.body["entrypoint"], Json::array({"tail -f /dev/null"}));
  EXPECT_EQ(created.body["expiresAt"], "2026-01-01T00:10:00Z");
  const std::string path = "/v1/sandboxes/" + created.body["id"].get<std::string>();
  EXPECT_EQ(Ask("GET", path).body["entrypoint"], Json::array({"tail", "-f", "/dev/null"}));
  EXPECT_EQ(
      Ask("GET", "/sandboxes?state=running&metadata=project%3Dp").body["pagination"]["totalItems"],
      1);
  EXPECT_EQ(Ask("GET", "/sandboxes?metadata=project%3Dq").body["pagination"]["totalPages"], 0);
  EXPECT_EQ(Ask("POST", path + "/renew-expiration", R"({"expiresAt":"2026-01-01T01:00:00+01:00"})")
                .body["code"],
            "DOCKER::INVALID_EXPIRATION");
  EXPECT_EQ(Ask("POST", path + "/renew-expiration", R"({"expiresAt":"2026-01-02T00:00:00.5Z"})")
                .body["expiresAt"],
            "2026-01-02T00:00:00.500000Z");
  EXPECT_EQ(Ask("PATCH", path + "/metadata", R"({"project":null,"a":"b"})").body["metadata"],
            Json({{"a", "b"}}));
  EXPECT_EQ(Ask("GET", path + "/endpoints/18080").status, 200);
  EXPECT_EQ(Ask("DELETE", path).status, 204);
  EXPECT_EQ(Ask("DELETE", path).body["code"], "DOCKER::SANDBOX_NOT_FOUND");
}

TEST_F(DialectTest, AFailedStartLeavesNothingBehind) {
  const JsonReply reply =
      Ask("POST", "/v1/sandboxes",
          R"({"image":{"uri":"broken"},"entrypoint":["a"],"resourceLimits":{}})");
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(reply.body["code"], "DOCKER::SANDBOX_IMAGE_PULL_FAILED");
  EXPECT_TRUE(
      fakes::Eventually([&] { return store_.List({.kind = "sandboxes"}).objects.empty(); }));
}

TEST_F(DialectTest, HeadsAreCheckedAndFinished) {
  EXPECT_EQ(Get("/v1/sandboxes").body["code"], "MISSING_API_KEY");
  EXPECT_EQ(Get("/v1/sandboxes", "X-API-Key: wrong\r\n").body["code"], "INVALID_API_KEY");
  EXPECT_EQ(Get("/health").body["status"], "healthy");
  EXPECT_EQ(Ask("GET", "/v1/sandboxes/").status, 307);
  EXPECT_EQ(Ask("PUT", "/v1/sandboxes").body["detail"], "Method Not Allowed");
  EXPECT_EQ(Get("/v1/nope", "X-Request-ID: r1\r\nX-API-Key: right\r\n").raw.Header("x-request-id"),
            "r1");
}

TEST_F(DialectTest, BrokenBodiesNameTheFieldAndNeverShowIt) {
  const JsonReply reply =
      Ask("POST", "/v1/sandboxes", R"({"image":{"uri":"a"},"timeout":5,"env":{"K":7}})");
  EXPECT_EQ(reply.status, 422);
  EXPECT_EQ(reply.body["detail"][0]["type"], "greater_than_equal");
  EXPECT_FALSE(reply.body["detail"][0].contains("input"));
}

}  // namespace
}  // namespace osbx::apiserver
