// SPDX-License-Identifier: Apache-2.0
#include "unit/opensandbox/dialect_fixture.h"

namespace osbx::apiserver {
namespace {

using SnapshotsTest = DialectTest;

TEST_F(SnapshotsTest, ASnapshotIsTakenListedStartedFromAndRemoved) {
  const std::string sandbox = Create("busybox");
  const std::string sandbox_id = sandbox.substr(sandbox.rfind('/') + 1);
  const JsonReply taken = Ask("POST", sandbox + "/snapshots", R"({"name":"first"})");
  ASSERT_EQ(taken.status, 202) << taken.raw.body;
  const std::string id = taken.body["id"];
  EXPECT_EQ(taken.raw.Header("location"), "/v1/snapshots/" + id);
  EXPECT_EQ(taken.body["sandboxId"], sandbox_id);
  EXPECT_EQ(taken.body["name"], "first");
  EXPECT_EQ(taken.body["status"]["reason"], "snapshot_accepted");
  ASSERT_TRUE(BecomesReady(id));
  EXPECT_EQ(Ask("GET", "/snapshots/" + id).body["status"]["reason"], "snapshot_runtime_ready");

  const JsonReply made =
      Ask("POST", "/v1/sandboxes", R"({"snapshotId":")" + id + R"(","resourceLimits":{}})");
  ASSERT_EQ(made.status, 202) << made.raw.body;
  EXPECT_EQ(made.body["entrypoint"], Json::array({"tail", "-f", "/dev/null"}));
  const std::string restored = "/v1/sandboxes/" + made.body["id"].get<std::string>();
  const JsonReply view = Ask("GET", restored);
  EXPECT_EQ(view.body["snapshotId"], id);
  EXPECT_FALSE(view.body.contains("image"));

  EXPECT_EQ(CodeOf("DELETE", "/v1/snapshots/" + id), "409 SNAPSHOT::DELETE_CONFLICT");
  EXPECT_EQ(Ask("DELETE", restored).status, 204);
  EXPECT_EQ(Ask("DELETE", "/v1/snapshots/" + id).status, 204);
  EXPECT_EQ(CodeOf("DELETE", "/v1/snapshots/" + id), "404 SNAPSHOT::NOT_FOUND");
  EXPECT_EQ(CodeOf("GET", "/v1/snapshots/" + id), "404 SNAPSHOT::NOT_FOUND");
}

TEST_F(SnapshotsTest, ListsAreFilteredBySandboxNameAndState) {
  const std::string sandbox = Create("busybox");
  const std::string id = sandbox.substr(sandbox.rfind('/') + 1);
  EXPECT_EQ(Ask("POST", sandbox + "/snapshots").status, 202);  // no body, no name
  EXPECT_EQ(Ask("POST", sandbox + "/snapshots", R"({"name":"a b"})").status, 202);
  Snapshot("failing");
  const auto total = [this](const std::string& query) -> std::int64_t {
    return Ask("GET", "/v1/snapshots" + query).body["pagination"]["totalItems"];
  };
  EXPECT_TRUE(fakes::Eventually([&] { return total("?state=ready") == 2; }));
  EXPECT_TRUE(fakes::Eventually([&] { return total("?state=Failed&state=Ready") == 3; }));
  EXPECT_EQ(total(""), 3);
  EXPECT_EQ(total("?sandboxId=" + id), 2);
  EXPECT_EQ(total("?sandboxId=" + id + "&name=a%20b"), 1);
  EXPECT_EQ(total("?name=nobody"), 0);
  EXPECT_EQ(Ask("GET", "/v1/snapshots?pageSize=1&page=2").body["items"].size(), 1U);
  EXPECT_EQ(Ask("GET", "/v1/snapshots?page=0").status, 422);
}

TEST_F(SnapshotsTest, EachWrongStateHasItsCode) {
  EXPECT_EQ(CodeOf("POST", "/v1/sandboxes/none/snapshots"), "404 DOCKER::SANDBOX_NOT_FOUND");
  const std::string paused = Create("busybox");
  EXPECT_EQ(Ask("POST", paused + "/snapshots", R"({"name":""})").body["detail"][0]["type"],
            "string_too_short");
  EXPECT_EQ(Ask("POST", paused + "/pause").status, 202);
  EXPECT_EQ(CodeOf("POST", paused + "/snapshots"), "409 SNAPSHOT::INVALID_SOURCE_STATE");

  const auto restore = [this](const std::string& id) {
    return CodeOf("POST", "/v1/sandboxes", R"({"snapshotId":")" + id + R"(","resourceLimits":{}})");
  };
  EXPECT_EQ(restore("none"), "404 SNAPSHOT::NOT_FOUND");
  const std::string creating = Snapshot("creating");
  EXPECT_EQ(restore(creating), "409 SNAPSHOT::NOT_READY");
  EXPECT_EQ(CodeOf("DELETE", "/v1/snapshots/" + creating), "409 SNAPSHOT::INVALID_STATE");
  const std::string imageless = Snapshot("imageless");
  ASSERT_TRUE(BecomesReady(imageless));
  EXPECT_EQ(restore(imageless), "409 SNAPSHOT::INVALID_RESTORE_CONFIG");
  const std::string failed = Snapshot("failing");
  EXPECT_TRUE(fakes::Eventually([&] {
    const Json status = Ask("GET", "/v1/snapshots/" + failed).body["status"];
    return status["state"] == "Failed" && status["reason"] == "snapshot_runtime_failed" &&
           status["message"] == "no room";
  }));
  const std::string kept = Snapshot("kept");
  ASSERT_TRUE(BecomesReady(kept));
  EXPECT_EQ(CodeOf("DELETE", "/v1/snapshots/" + kept), "500 DOCKER::SNAPSHOT_IMAGE_REMOVE_FAILED");
  EXPECT_EQ(Ask("GET", "/v1/snapshots/" + kept).body["status"]["state"], "Deleting");
}

}  // namespace
}  // namespace osbx::apiserver
