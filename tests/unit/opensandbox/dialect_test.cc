// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>

#include "unit/opensandbox/dialect_fixture.h"

namespace osbx::apiserver {
namespace {

constexpr std::string_view kCreate =
    R"({"image":{"uri":"busybox"},"entrypoint":["tail -f /dev/null"],"timeout":600,
        "resourceLimits":{"cpu":"1"},"metadata":{"project":"p"},"secureAccess":false})";

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
  EXPECT_EQ(Ask("DELETE", path).status, 204);
  EXPECT_EQ(Ask("DELETE", path).body["code"], "DOCKER::SANDBOX_NOT_FOUND");
}

TEST_F(DialectTest, AFailedStartIsToldByItsCodeAndLeavesNothingBehind) {
  struct Row {
    const char* reason;
    const char* want;
  };
  constexpr Row kRows[] = {{"ImagePullFailed", "500 DOCKER::SANDBOX_IMAGE_PULL_FAILED"},
                           {"ImagePullDenied", "500 DOCKER::SANDBOX_IMAGE_PULL_FAILED"},
                           {"ImageNotFound", "500 DOCKER::SANDBOX_IMAGE_PULL_FAILED"},
                           {"StartFailed", "500 DOCKER::SANDBOX_START_FAILED"},
                           {"ExecdSilent", "503 DOCKER::SANDBOX_EXECD_START_FAILED"},
                           {"HostPathRefused", "400 VOLUME::HOST_PATH_NOT_ALLOWED"},
                           {"BucketNotFound", "500 VOLUME::OSSFS_MOUNT_FAILED"}};
  for (const Row& row : kRows) {
    EXPECT_EQ(CodeOf("POST", "/v1/sandboxes", Body(std::string("broken-") + row.reason)), row.want);
  }
  EXPECT_TRUE(
      fakes::Eventually([&] { return store_.List({.kind = "sandboxes"}).objects.empty(); }));
}

TEST_F(DialectTest, PausesAndResumesOnceEach) {
  const std::string path = Create("busybox");
  EXPECT_EQ(CodeOf("POST", path + "/resume"), "409 DOCKER::SANDBOX_NOT_PAUSED");
  const JsonReply paused = Ask("POST", path + "/pause");
  EXPECT_EQ(paused.status, 202);
  EXPECT_EQ(paused.raw.Header("content-length"), "0");
  EXPECT_EQ(Ask("GET", path).body["status"]["state"], "Paused");
  EXPECT_EQ(Ask("GET", "/v1/sandboxes?state=Paused").body["pagination"]["totalItems"], 1);
  EXPECT_EQ(CodeOf("POST", path + "/pause"), "409 DOCKER::SANDBOX_NOT_RUNNING");
  EXPECT_EQ(Ask("POST", path + "/resume").status, 202);
  EXPECT_EQ(Ask("GET", path).body["status"]["state"], "Running");
  EXPECT_EQ(Ask("POST", path + "/pause").status, 202);
  EXPECT_EQ(Ask("DELETE", path).status, 204);
  EXPECT_EQ(CodeOf("POST", path + "/resume"), "404 DOCKER::SANDBOX_NOT_FOUND");
  EXPECT_EQ(CodeOf("POST", Create("short") + "/pause"), "409 DOCKER::SANDBOX_NOT_RUNNING");
}

TEST_F(DialectTest, APauseThatDoesNotComeIsTakenBack) {
  const std::string path = Create("stubborn");
  std::atomic<bool> done = false;
  std::string code;
  std::jthread caller([&] {
    code = CodeOf("POST", path + "/pause");
    done = true;
  });
  EXPECT_TRUE(fakes::Eventually([&] {
    clock_.Advance(std::chrono::seconds(1));
    return done.load();
  }));
  caller.join();
  EXPECT_EQ(code, "500 DOCKER::SANDBOX_PAUSE_FAILED");
  EXPECT_EQ(Ask("GET", path).body["status"]["state"], "Running");
}

TEST_F(DialectTest, ExtensionsAreEchoedWhenTheirPrefixSaysSo) {
  const JsonReply created =
      Ask("POST", "/v1/sandboxes",
          Body("busybox", R"(,"extensions":{"opensandbox.extensions.a":"1","x":"2",)"
                          R"("access.renew.extend.seconds":"600"})"));
  ASSERT_EQ(created.status, 202) << created.raw.body;
  EXPECT_EQ(created.body["extensions"], Json({{"opensandbox.extensions.a", "1"}}));
  const auto objects = store_.List({.kind = "sandboxes"}).objects;
  ASSERT_EQ(objects.size(), 1U);
  EXPECT_EQ((*objects[0]->body)["spec"]["renewOnAccessSeconds"], 600);
  EXPECT_EQ(CodeOf("POST", "/v1/sandboxes",
                   Body("busybox", R"(,"extensions":{"access.renew.extend.seconds":"7"})")),
            "400 SANDBOX::INVALID_PARAMETER");
}

TEST_F(DialectTest, AnEndpointWithoutAProxyIsAnErrorNotAnAddress) {
  const std::string path = Create("busybox") + "/endpoints/";
  EXPECT_EQ(CodeOf("GET", path + "44772"), "500 DOCKER::NETWORK_MODE_ENDPOINT_UNAVAILABLE");
  EXPECT_EQ(CodeOf("GET", path + "0"), "400 DOCKER::INVALID_PORT");
  EXPECT_EQ(Ask("GET", path + "http").body["detail"][0]["type"], "int_parsing");
  EXPECT_EQ(CodeOf("GET", "/v1/sandboxes/none/endpoints/80"), "404 DOCKER::SANDBOX_NOT_FOUND");
}

TEST_F(DialectTest, WhatDockerHostsLackIsSaidSo) {
  EXPECT_EQ(CodeOf("GET", "/v1/pools"), "501 KUBERNETES::POOL_NOT_SUPPORTED");
  EXPECT_EQ(CodeOf("PUT", "/pools/a", "{}"), "501 KUBERNETES::POOL_NOT_SUPPORTED");
  EXPECT_EQ(CodeOf("GET", "/v1/templates"), "501 FSB::API_NOT_SUPPORTED");
  EXPECT_EQ(CodeOf("DELETE", "/v1/templates/a"), "501 FSB::API_NOT_SUPPORTED");
  const std::string path = Create("busybox") + "/networkpolicy";
  for (const char* method : {"GET", "PUT", "PATCH", "DELETE"}) {
    EXPECT_EQ(CodeOf(method, path), "502 BACKEND_CONNECTION_FAILED") << method;
  }
  EXPECT_EQ(CodeOf("GET", "/v1/sandboxes/none/networkpolicy"), "404 DOCKER::SANDBOX_NOT_FOUND");
}

TEST_F(DialectTest, MetricsOfTheSdksAreTakenAndDropped) {
  const JsonReply taken =
      Ask("POST", "/v1/metrics/events", R"({"eventType":"sandbox.create","success":true})");
  EXPECT_EQ(taken.status, 204);
  EXPECT_EQ(taken.raw.body, "");
  EXPECT_EQ(Ask("POST", "/v1/metrics/events", R"({"success":true})").status, 422);
  EXPECT_EQ(Call("POST", "/v1/metrics/events", "{}").status, 401);
}

TEST_F(DialectTest, AnyOriginMayAsk) {
  const JsonReply preflight =
      Call("OPTIONS", "/v1/sandboxes", "",
           "Origin: http://a.test\r\nAccess-Control-Request-Method: POST\r\n"
           "Access-Control-Request-Headers: open-sandbox-api-key\r\n");
  EXPECT_EQ(preflight.status, 200);
  EXPECT_EQ(preflight.raw.Header("access-control-allow-origin"), "*");
  EXPECT_EQ(preflight.raw.Header("access-control-allow-headers"), "open-sandbox-api-key");
  const JsonReply refused = Get("/v1/sandboxes", "Origin: http://a.test\r\n");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.raw.Header("access-control-allow-origin"), "*");
  EXPECT_EQ(refused.raw.Header("vary"), "Origin");
  EXPECT_NE(refused.raw.Header("x-request-id"), "");
  EXPECT_EQ(Get(kSandboxes, "Origin: http://a.test\r\n").raw.Header("vary"), "");
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
  for (const char* body : {R"({"env":{"KEY":"s3cret"},"resourceLimits":{}})", R"({"a": s3cret})",
                           R"({"entrypoint":"s3cret"})", R"(["s3cret"])"}) {
    const JsonReply broken = Ask("POST", "/v1/sandboxes", body);
    EXPECT_EQ(broken.status, 422) << body;
    EXPECT_EQ(broken.raw.body.find("s3cret"), std::string::npos) << broken.raw.body;
  }
}

}  // namespace
}  // namespace osbx::apiserver
