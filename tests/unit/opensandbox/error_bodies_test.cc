// SPDX-License-Identifier: Apache-2.0
// The bodies of errors as clients parse them, to the byte.
#include <set>

#include "apiserver/opensandbox/start_failure.h"
#include "base/reason.h"
#include "unit/opensandbox/dialect_fixture.h"

namespace osbx::apiserver {
namespace {

class ErrorBodiesTest : public DialectTest {
 protected:
  std::string BodyOf(std::string_view method, const std::string& target,
                     std::string_view body = "") {
    const JsonReply reply = Ask(method, target, body);
    EXPECT_EQ(reply.raw.Header("content-type"), "application/json");
    EXPECT_NE(reply.raw.Header("x-request-id"), "");
    return std::to_string(reply.status) + " " + reply.raw.body;
  }
};

TEST_F(ErrorBodiesTest, OfRequestsThatCannotBeServed) {
  struct Row {
    const char* method;
    const char* target;
    const char* body;
    const char* want;
  };
  constexpr Row kRows[] = {
      {"GET", "/v1/sandboxes/x", "",
       R"(404 {"code":"DOCKER::SANDBOX_NOT_FOUND","message":"Sandbox x not found."})"},
      {"GET", "/snapshots/x", "",
       R"(404 {"code":"SNAPSHOT::NOT_FOUND","message":"Snapshot x not found."})"},
      {"GET", "/v1/sandboxes?metadata=a", "",
       R"(400 {"code":"INVALID_METADATA_FORMAT","message":"The metadata filter must be key=value pairs joined by '&'."})"},
      {"GET", "/v1/sandboxes?metadata=a%3Db%26", "",
       R"(400 {"code":"INVALID_METADATA_FORMAT","message":"The metadata filter must be key=value pairs joined by '&'."})"},
      {"PATCH", "/v1/sandboxes/x/metadata", R"({"opensandbox.io/a":"b"})",
       R"(400 {"code":"INVALID_METADATA_LABEL","message":"Metadata key opensandbox.io/a is reserved."})"},
      {"GET", "/v1/sandboxes/x/endpoints/65536", "",
       R"(400 {"code":"DOCKER::INVALID_PORT","message":"The port must be between 1 and 65535."})"},
      {"GET", "/v1/sandboxes/x/endpoints/80?expires=1", "",
       R"(400 {"code":"SANDBOX::API_NOT_SUPPORTED","message":"Signed endpoints are not offered on Docker."})"},
      {"GET", "/v1/sandboxes/x/endpoints/80?expires=1&use_server_proxy=true", "",
       R"(400 {"code":"SANDBOX::INVALID_PARAMETER","message":"expires cannot be combined with use_server_proxy."})"},
      {"GET", "/v1/sandboxes/x/diagnostics/logs?scope=x", "",
       R"(400 {"code":"DIAGNOSTICS_SCOPE_UNSUPPORTED","message":"The scope of logs must be container or all."})"},
      {"GET", "/v1/pools", "",
       R"(501 {"code":"KUBERNETES::POOL_NOT_SUPPORTED","message":"Pools need the Kubernetes runtime."})"},
      {"GET", "/v1/templates", "",
       R"(501 {"code":"FSB::API_NOT_SUPPORTED","message":"Templates need the FSB runtime."})"},
      {"GET", "/v1/nothing", "", R"(404 {"detail":"Not Found"})"},
      {"PATCH", "/v1/sandboxes", "", R"(405 {"detail":"Method Not Allowed"})"},
      {"POST", "/v1/sandboxes/x/renew-expiration", R"({"expiresAt":"soon"})",
       R"(422 {"detail":[{"loc":["body","expiresAt"],"msg":"Input should be a valid datetime","type":"datetime_parsing"}]})"},
      {"GET", "/v1/sandboxes?pageSize=201", "",
       R"(422 {"detail":[{"ctx":{"le":200},"loc":["query","pageSize"],"msg":"Input should be less than or equal to 200","type":"less_than_equal"}]})"}};
  for (const Row& row : kRows) EXPECT_EQ(BodyOf(row.method, row.target, row.body), row.want);
}

TEST_F(ErrorBodiesTest, OfASandboxInTheWrongState) {
  const std::string path = Create("busybox");
  const std::string id = path.substr(path.rfind('/') + 1);
  const auto told = [&id](const char* status, const char* code, const char* text) {
    return std::string(status) + R"( {"code":")" + code + R"(","message":"Sandbox )" + id + text +
           R"("})";
  };
  EXPECT_EQ(BodyOf("POST", path + "/resume"),
            told("409", "DOCKER::SANDBOX_NOT_PAUSED", " is not paused."));
  EXPECT_EQ(
      BodyOf("POST", path + "/renew-expiration", R"({"expiresAt":"2030-01-01T00:00:00Z"})"),
      told("409", "DOCKER::INVALID_EXPIRATION", " has no expiration: it is cleaned up by hand."));
  EXPECT_EQ(BodyOf("GET", path + "/networkpolicy"),
            told("502", "BACKEND_CONNECTION_FAILED", " has no egress sidecar."));
  EXPECT_EQ(Ask("POST", path + "/pause").status, 202);
  EXPECT_EQ(BodyOf("POST", path + "/pause"),
            told("409", "DOCKER::SANDBOX_NOT_RUNNING", " is not running."));
  EXPECT_EQ(BodyOf("POST", path + "/snapshots"),
            told("409", "SNAPSHOT::INVALID_SOURCE_STATE", " is not running."));
}

// A reason that makes FailFast give up is told by a code of its own, or is one of mounting.
TEST(StartFailureCodes, NameEveryTerminalReason) {
  const auto code_of = [](std::string_view reason) {
    const opensandbox::Failure failure = opensandbox::StartFailure(
        Json{{"status", {{"reason", std::string(reason)}, {"message", "why"}}}});
    EXPECT_EQ(failure.message(), "why");
    return std::to_string(failure.status()) + " " + failure.code();
  };
  const std::set<std::string_view> mounting = {
      "InvalidCredentials", "BucketNotFound",   "EndpointUnreachable", "TimedOut",
      "BinaryMissing",      "NoFuseDevice",     "TargetOccupied",      "MountFailed",
      "VolumeNotFound",     "VolumeTerminating"};
  for (const Reason& reason : AllReasons()) {
    if (!reason.terminal) continue;
    EXPECT_EQ(code_of(reason.word) == "500 VOLUME::OSSFS_MOUNT_FAILED",
              mounting.contains(reason.word))
        << reason.word;
  }
  EXPECT_EQ(code_of("HostPathFailed"), "500 VOLUME::HOST_PATH_CREATE_FAILED");
  EXPECT_EQ(code_of("PvcNotFound"), "400 VOLUME::PVC_NOT_FOUND");
  EXPECT_EQ(code_of("PvcFailed"), "500 VOLUME::PVC_INSPECT_FAILED");
  EXPECT_EQ(code_of("PvcSubPathUnsupported"), "400 VOLUME::PVC_SUBPATH_UNSUPPORTED_DRIVER");
  EXPECT_EQ(code_of("SubPathRefused"), "400 VOLUME::INVALID_SUB_PATH");
  EXPECT_EQ(code_of("ExecdSilent"), "503 DOCKER::SANDBOX_EXECD_START_FAILED");
  EXPECT_EQ(code_of("SnapshotNotReady"), "409 SNAPSHOT::NOT_READY");
}

// ---- clients that send too much, or too slowly ----

TEST_F(ErrorBodiesTest, ABodyThatIsTooLargeIsRefusedAndNothingIsMade) {
  auto client = Connect();
  client.Send(
      "POST /v1/sandboxes HTTP/1.1\r\nHost: a\r\nOPEN-SANDBOX-API-KEY: right\r\n"
      "Content-Length: 8388608\r\n\r\n" +
      Body("busybox"));
  const auto reply = client.ReadReply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 413);
  EXPECT_TRUE(store_.List({.kind = "sandboxes"}).objects.empty());
}

TEST_F(ErrorBodiesTest, ClientsThatNeverFinishTheirRequestHoldUpNobody) {
  constexpr int kClients = 50;
  std::vector<wire::WireClient> slow;
  slow.reserve(kClients);
  for (int i = 0; i < kClients; ++i) {
    slow.push_back(Connect());
    slow.back().Send(
        "POST /v1/sandboxes HTTP/1.1\r\nHost: a\r\nOPEN-SANDBOX-API-KEY: right\r\n"
        "Content-Length: 1000\r\n\r\n{");
  }
  EXPECT_EQ(Ask("POST", "/v1/sandboxes", Body("busybox")).status, 202);
  EXPECT_EQ(Ask("GET", "/v1/sandboxes").body["pagination"]["totalItems"], 1);
}

}  // namespace
}  // namespace osbx::apiserver
