// SPDX-License-Identifier: Apache-2.0
// What is not about objects: discovery, OpenAPI, health, version, metrics, authentication.
#include "apiserver/auth.h"
#include "fakes/matchers.h"
#include "unit/apiserver/api_fixture.h"

namespace osbx::apiserver {
namespace {

using ::testing::HasSubstr;

TEST_F(ApiTest, DiscoveryInItsOldForm) {
  const JsonReply api = Get("/api/");
  EXPECT_EQ(api.body["kind"], "APIVersions");
  EXPECT_EQ(api.body["versions"], Json::array({"v1"}));
  const JsonReply groups = Get("/apis");
  EXPECT_EQ(groups.body["kind"], "APIGroupList");
  EXPECT_EQ(groups.body["groups"][0]["name"], "osbx.dev");
  EXPECT_EQ(groups.body["groups"][0]["preferredVersion"]["groupVersion"], "osbx.dev/v1");
  EXPECT_EQ(Get("/apis/osbx.dev").body["kind"], "APIGroup");
  const JsonReply resources = Get("/apis/osbx.dev/v1");
  EXPECT_EQ(resources.body["kind"], "APIResourceList");
  EXPECT_EQ(resources.body["groupVersion"], "osbx.dev/v1");
  bool found = false;
  for (const Json& resource : resources.body["resources"]) {
    if (resource["name"] != "sandboxes") continue;
    found = true;
    EXPECT_EQ(resource["kind"], "Sandbox");
    EXPECT_EQ(resource["namespaced"], true);
    EXPECT_EQ(resource["shortNames"], Json::array({"sbx"}));
    EXPECT_THAT(resource["verbs"].dump(), HasSubstr("watch"));
  }
  EXPECT_TRUE(found);
  EXPECT_EQ(Get("/api/v1").body["groupVersion"], "v1");
}

TEST_F(ApiTest, AggregatedDiscoveryRepeatsItsTypeParameters) {
  const std::string accept =
      "Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
      "application/json\r\n";
  const JsonReply groups = Get("/apis", accept);
  EXPECT_EQ(groups.raw.Header("content-type"),
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
  EXPECT_EQ(groups.body["apiVersion"], "apidiscovery.k8s.io/v2");
  EXPECT_EQ(groups.body["items"][0]["metadata"]["name"], "osbx.dev");
  const Json& resource = groups.body["items"][0]["versions"][0]["resources"][0];
  EXPECT_TRUE(resource.contains("responseKind"));
  const JsonReply core = Get("/api", accept);
  EXPECT_FALSE(core.body["items"][0]["metadata"].contains("name"));
}

TEST_F(ApiTest, OpenApiIsIndexedByHash) {
  const JsonReply index = Get("/openapi/v3");
  const std::string url = index.body["paths"]["apis/osbx.dev/v1"]["serverRelativeURL"];
  EXPECT_THAT(url, HasSubstr("/openapi/v3/apis/osbx.dev/v1?hash="));
  EXPECT_THAT(Get(url).body["openapi"].get<std::string>(), HasSubstr("3.0"));
  EXPECT_EQ(Get("/openapi/v3/apis/nope/v1").status, 404);
}

TEST_F(ApiTest, VersionHealthAndMetrics) {
  EXPECT_THAT(Get("/version").body["gitVersion"].get<std::string>(), HasSubstr("v1."));
  for (const char* path : {"/healthz", "/livez", "/readyz", "/readyz/"}) {
    const JsonReply reply = Get(path);
    EXPECT_EQ(reply.status, 200) << path;
    EXPECT_EQ(reply.raw.body, "ok") << path;
  }
  Create("a");
  const std::string metrics = Get("/metrics").raw.body;
  EXPECT_THAT(metrics, HasSubstr("osbx_http_requests_total{method=\"POST\",code=\"201\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("osbx_http_requests_total{method=\"PATCH\",code=\"200\"} 0"));
  EXPECT_THAT(metrics, HasSubstr("osbx_objects{kind=\"sandboxes\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("osbx_watchers 0"));
}

TEST_F(ApiTest, ReadinessNamesWhatFails) {
  server_.reset();
  options_.ready_checks = {
      {"store", [] { return Result<>{}; }},
      {"docker", [] { return Result<>(Error(Code::kUnavailable, "no answer")); }}};
  Start();
  const JsonReply reply = Get("/readyz");
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.raw.body, HasSubstr("[+]store ok"));
  EXPECT_THAT(reply.raw.body, HasSubstr("[-]docker failed: no answer"));
}

TEST_F(ApiTest, ReadinessAnswersAsKubernetesDoes) {
  server_.reset();
  options_.ready_checks = {{.name = "store", .check = [] { return Result<>{}; }},
                           {.name = "engine",
                            .check = [] { return Result<>(Error(Code::kUnavailable, "gone")); },
                            .decides = false}};
  Start();
  EXPECT_EQ(Get("/readyz").raw.body, "ok") << "what does not decide takes nobody out of service";
  const JsonReply verbose = Get("/readyz?verbose");
  EXPECT_EQ(verbose.status, 200);
  EXPECT_EQ(verbose.raw.body,
            "[+]ping ok\n[+]store ok\n[!]engine failed: gone (does not decide)\n"
            "readyz check passed\n");
  EXPECT_EQ(Get("/readyz/store").raw.body, "ok");
  EXPECT_EQ(Get("/readyz/ping").status, 200);
  EXPECT_EQ(Get("/readyz/engine").status, 503);
  EXPECT_EQ(Get("/readyz/nope").status, 404);
  EXPECT_EQ(Get("/livez?verbose").raw.body, "[+]ping ok\nlivez check passed\n");
}

TEST_F(ApiTest, ACheckCanBeExcluded) {
  server_.reset();
  options_.ready_checks = {
      {"docker", [] { return Result<>(Error(Code::kUnavailable, "no answer")); }}};
  Start();
  EXPECT_EQ(Get("/readyz").status, 503);
  EXPECT_EQ(Get("/readyz?exclude=docker").status, 200);
}

class AuthTest : public ApiTest {
 protected:
  AuthTest() { options_.api_key = Secret("right"); }
};

TEST_F(AuthTest, EitherHeaderOpensAndNothingElseDoes) {
  EXPECT_EQ(Get(kSandboxes, "Authorization: Bearer right\r\n").status, 200);
  EXPECT_EQ(Get(kSandboxes, "authorization: bearer right\r\n").status, 200);
  EXPECT_EQ(Get(kSandboxes, "OPEN-SANDBOX-API-KEY: right\r\n").status, 200);
  for (const char* header : {"", "Authorization: Bearer wrong\r\n", "Authorization: Bearer \r\n",
                             "Authorization: Basic right\r\n", "OPEN-SANDBOX-API-KEY: righ\r\n",
                             "OPEN-SANDBOX-API-KEY: right2\r\n"}) {
    const JsonReply reply = Get(kSandboxes, header);
    EXPECT_EQ(reply.status, 401) << header;
    EXPECT_EQ(reply.body["reason"], "Unauthorized");
    EXPECT_EQ(reply.body["message"], "Unauthorized");
  }
  EXPECT_EQ(Call("POST", kSandboxes, Sandbox("a")).status, 401);
  EXPECT_EQ(Get("/metrics").status, 401);
}

TEST_F(AuthTest, SomePathsAreOpen) {
  for (const char* path : {"/version", "/version/", "/healthz", "/livez", "/readyz"}) {
    EXPECT_EQ(Get(path).status, 200) << path;
  }
  EXPECT_EQ(Get("/readyz/ping").status, 200);
  EXPECT_EQ(Get("/readyz/../metrics").status, 401);
  EXPECT_EQ(Get("/readyz/%2e%2e").status, 401);
}

TEST(Exposure, BeyondLoopbackNeedsAKey) {
  EXPECT_THAT(CheckExposure("127.0.0.1", Secret()), fakes::IsOk());
  EXPECT_THAT(CheckExposure("::1", Secret()), fakes::IsOk());
  EXPECT_THAT(CheckExposure("0.0.0.0", Secret()), fakes::StatusIs(Code::kInvalid));
  EXPECT_THAT(CheckExposure("::", Secret()), fakes::StatusIs(Code::kInvalid));
  EXPECT_THAT(CheckExposure("0.0.0.0", Secret("k")), fakes::IsOk());
}

}  // namespace
}  // namespace osbx::apiserver
