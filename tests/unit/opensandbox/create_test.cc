// SPDX-License-Identifier: Apache-2.0
// What a create may hold, its codes in upstream's order, and creating once per Idempotency-Key.
#include <atomic>
#include <set>
#include <thread>

#include "unit/opensandbox/dialect_fixture.h"

namespace osbx::apiserver {
namespace {

class CreateTest : public DialectTest {
 protected:
  JsonReply CreateKeyed(std::string_view key, std::string_view body) {
    return Call("POST", "/v1/sandboxes", body,
                "OPEN-SANDBOX-API-KEY: right\r\nIdempotency-Key: " + std::string(key) + "\r\n");
  }
  std::size_t Count() { return store_.List({.kind = "sandboxes"}).objects.size(); }
  std::string More(std::string_view more) {
    return CodeOf("POST", "/v1/sandboxes", Body("busybox", "," + std::string(more)));
  }
  // "422 TYPE FIELD" of the first fault.
  std::string Fault(std::string_view body) {
    const JsonReply reply = Ask("POST", "/v1/sandboxes", body);
    if (reply.status != 422) return std::to_string(reply.status) + " " + reply.raw.body;
    const Json& fault = reply.body["detail"][0];
    const Json& last = fault["loc"].back();
    return fault["type"].get<std::string>() + " " +
           (last.is_string() ? last.get<std::string>() : last.dump());
  }
};

TEST_F(CreateTest, ARetriedCreateReturnsTheFirstSandboxOverRestartsToo) {
  const JsonReply first = CreateKeyed("k1", Body("busybox"));
  ASSERT_EQ(first.status, 202) << first.raw.body;
  EXPECT_EQ(CreateKeyed("k1", Body("busybox")).body["id"], first.body["id"]);
  Restart();
  const JsonReply again = CreateKeyed("k1", Body("busybox"));
  EXPECT_EQ(again.status, 202);
  EXPECT_EQ(again.body["id"], first.body["id"]);
  EXPECT_EQ(again.body["entrypoint"], Json::array({"a"}));
  EXPECT_EQ(Count(), 1U);
  EXPECT_NE(CreateKeyed("k2", Body("busybox")).body["id"], first.body["id"]);
  EXPECT_EQ(CreateKeyed("k1", Body("alpine")).body["code"], "SANDBOX::INVALID_PARAMETER");
  EXPECT_EQ(Ask("DELETE", "/v1/sandboxes/" + first.body["id"].get<std::string>()).status, 204);
  EXPECT_NE(CreateKeyed("k1", Body("busybox")).body["id"], first.body["id"]);
  EXPECT_EQ(CreateKeyed(std::string(256, 'k'), Body("busybox")).status, 400);
}

TEST_F(CreateTest, ManyCreatesOfOneKeyAtOnceMakeOneSandbox) {
  std::set<std::string> ids;
  std::mutex mutex;
  constexpr int kCallers = 8;
  std::vector<std::jthread> callers;
  callers.reserve(kCallers);
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&] {
      const JsonReply reply = CreateKeyed("one", Body("busybox"));
      const std::lock_guard lock(mutex);
      ids.insert(reply.status == 202 ? reply.body["id"].get<std::string>() : reply.raw.body);
    });
  }
  callers.clear();
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_EQ(Count(), 1U);
}

TEST_F(CreateTest, AFailedCreateFreesItsKey) {
  EXPECT_EQ(CreateKeyed("k", Body("broken-StartFailed")).body["code"],
            "DOCKER::SANDBOX_START_FAILED");
  EXPECT_EQ(CreateKeyed("k", Body("busybox")).status, 202);
}

TEST_F(CreateTest, AnEntrypointThatCannotBeRunIsNoStart) {
  EXPECT_EQ(CodeOf("POST", "/v1/sandboxes", Body("exits-127")), "500 DOCKER::SANDBOX_START_FAILED");
  EXPECT_TRUE(fakes::Eventually([&] { return Count() == 0; }));
  const JsonReply failed = Ask("POST", "/v1/sandboxes", Body("exits-3"));
  EXPECT_EQ(failed.status, 202);
  EXPECT_EQ(failed.body["status"]["state"], "Failed");
  EXPECT_EQ(failed.body["status"]["message"], "Sandbox container exited with code 3.");
}

TEST_F(CreateTest, AClientThatLeavesLeavesAListedSandboxOrNothing) {
  for (const char* image : {"busybox", "broken-StartFailed"}) {
    auto client = Connect();
    client.SendRequest("POST", "/v1/sandboxes", "OPEN-SANDBOX-API-KEY: right\r\n", Body(image));
    client.Close();
  }
  EXPECT_TRUE(fakes::Eventually([&] {
    const Json list = Ask("GET", "/v1/sandboxes").body;
    return list["pagination"]["totalItems"] == 1 && list["items"][0]["image"]["uri"] == "busybox" &&
           list["items"][0]["status"]["state"] == "Running";
  }));
}

TEST_F(CreateTest, OneThatTakesTooLongIsAnsweredPending) {
  std::atomic<bool> done = false;
  JsonReply reply;
  std::jthread caller([&] {
    reply = Ask("POST", "/v1/sandboxes", Body("slow"));
    done = true;
  });
  EXPECT_TRUE(fakes::Eventually([&] {
    clock_.Advance(std::chrono::seconds(1));
    return done.load();
  }));
  caller.join();
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(reply.body["status"]["state"], "Pending");
}

TEST_F(CreateTest, TheKeysOfARegistryAreKeptInASecret) {
  const JsonReply made = Ask("POST", "/v1/sandboxes",
                             R"({"entrypoint":["a"],"resourceLimits":{},
          "image":{"uri":"r.test/a","auth":{"username":"joe","password":"pa55word"}}})");
  ASSERT_EQ(made.status, 202) << made.raw.body;
  EXPECT_EQ(made.raw.body.find("pa55word"), std::string::npos);
  const auto objects = store_.List({.kind = "sandboxes"}).objects;
  ASSERT_EQ(objects.size(), 1U);
  const Json& spec = (*objects[0]->body)["spec"];
  EXPECT_EQ(objects[0]->body->dump().find("pa55word"), std::string::npos);
  const auto secret = store_.Find({"secrets", "default", spec["imagePullSecret"]["name"]});
  ASSERT_NE(secret, nullptr);
  EXPECT_EQ((*secret->body)["data"]["username"], "am9l");
  EXPECT_EQ((*secret->body)["metadata"]["ownerReferences"][0]["uid"], objects[0]->uid);
  const JsonReply broken =
      Ask("POST", "/v1/sandboxes", R"({"image":{"uri":"a","auth":{"password":"pa55word"}}})");
  EXPECT_EQ(broken.status, 422);
  EXPECT_EQ(broken.raw.body.find("pa55word"), std::string::npos);
}

TEST_F(CreateTest, WhatIsNotOfferedOrOutOfRangeHasItsCode) {
  struct Row {
    const char* more;
    const char* want;
  };
  constexpr const char* kInvalid = "400 SANDBOX::INVALID_PARAMETER";
  const Row rows[] = {
      {R"("extensions":{"access.renew.extend.seconds":"x"},"lifecycle":{})", kInvalid},
      {R"("lifecycle":{"preStart":{"command":["a"]}})", kInvalid},
      {R"("extensions":{"poolRef":"p"})", "400 SANDBOX::UNSUPPORTED_POOL_REF"},
      {R"("metadata":{"a b":"c"})", "400 SANDBOX::INVALID_METADATA_LABEL"},
      {R"("metadata":{"opensandbox.io/a":"c"})", "400 SANDBOX::INVALID_METADATA_LABEL"},
      {R"("metadata":{"a":" c"},"platform":{"os":"mac","arch":"z80"})",
       "400 SANDBOX::INVALID_METADATA_LABEL"},
      {R"("platform":{"os":"windows","arch":"amd64"})", kInvalid},
      {R"("timeout":3601)", kInvalid},
      {R"("secureAccess":true)", kInvalid},
      {R"("networkPolicy":{"defaultAction":"deny"})", kInvalid},
      {R"("env":{"OPENSANDBOX_EGRESS_NONSENSE":"1"})", kInvalid},
      {R"("env":{"OPENSANDBOX_EGRESS_LOG_LEVEL":"debug"},"timeout":"60")", "202 "},
      {R"("platform":{"os":" Linux ","arch":"AMD64"},"timeout":60.0)", "202 "},
      {R"("resourceRequests":{"cpu":"1"},"credentialProxy":{"enabled":false},"lifecycle":null)",
       "202 "}};
  for (const Row& row : rows) {
    const std::string got = More(row.more);
    EXPECT_TRUE(got.starts_with(row.want)) << row.more << ": " << got;
  }
  EXPECT_EQ(CodeOf("POST", "/v1/sandboxes", R"({"templateId":"t","timeout":60})"),
            "400 SANDBOX::API_NOT_SUPPORTED");
  EXPECT_EQ(CodeOf("POST", "/v1/sandboxes",
                   R"({"image":{"uri":"a"},"entrypoint":[" "],"resourceLimits":{}})"),
            "400 DOCKER::INVALID_ENTRYPOINT");
  EXPECT_EQ(CodeOf("POST", "/v1/sandboxes",
                   R"({"image":{"uri":"a"},"entrypoint":["sh -c 'x"],"resourceLimits":{}})"),
            kInvalid);
}

TEST_F(CreateTest, AmountsFollowTheGrammarOfTheContract) {
  const auto limits = [this](const std::string& limit) {
    const JsonReply reply =
        Ask("POST", "/v1/sandboxes",
            R"({"image":{"uri":"a"},"entrypoint":["b"],"resourceLimits":{)" + limit + "}}");
    return reply.status == 202 ? "good" : reply.body.value("code", reply.raw.body);
  };
  for (const char* good :
       {R"("memory":" 512mi ")", R"("memory":"8000000")", R"("memory":"2G")", R"("cpu":"0.5")",
        R"("cpu":"100m")", R"("gpu":"all")", R"("gpu":"2")", R"("disk":"nonsense")"}) {
    EXPECT_EQ(limits(good), "good") << good;
  }
  for (const char* bad :
       {R"("memory":"1.5Gi")", R"("memory":"0")", R"("memory":"1Zi")", R"("cpu":"0")",
        R"("cpu":"nan")", R"("cpu":"-1")", R"("gpu":"0")", R"("gpu":"some")"}) {
    EXPECT_EQ(limits(bad), "SANDBOX::INVALID_PARAMETER") << bad;
  }
}

TEST_F(CreateTest, WhatBreaksTheSchemaIsToldInPydanticsWords) {
  struct Row {
    const char* body;
    const char* want;
  };
  constexpr Row kRows[] = {
      {"", "missing body"},
      {"{", "json_invalid 0"},
      {R"({"image":{"uri":"a"},"snapshotId":"s"})", "value_error body"},
      {R"({"resourceLimits":{}})", "value_error body"},
      {R"({"image":{"uri":"a"},"resourceLimits":{}})", "value_error body"},
      {R"({"image":{"uri":"a"},"entrypoint":["b"]})", "value_error body"},
      {R"({"image":{"uri":"a"},"entrypoint":[]})", "too_short entrypoint"},
      {R"({"image":{},"entrypoint":["b"]})", "missing uri"},
      {R"({"image":{"uri":"a","auth":{"username":"u"}}})", "missing password"},
      {R"({"timeout":59})", "greater_than_equal timeout"},
      {R"({"metadata":{"a":1}})", "string_type a"},
      {R"({"resourceLimits":[]})", "dict_type resourceLimits"},
      {R"({"templateId":"t"})", "value_error body"},
      {R"({"templateId":"t","timeout":60,"image":{"uri":"a"}})", "value_error body"},
      {R"({"networkPolicy":{"defaultAction":"maybe"}})", "literal_error defaultAction"},
      {R"({"networkPolicy":{"egress":[{"action":"allow","target":""}]}})",
       "string_too_short target"},
      {R"({"lifecycle":{"postStop":{}}})", "extra_forbidden postStop"},
      {R"({"image":{"uri":"a"},"entrypoint":["b"],"resourceLimits":{},
           "credentialProxy":{"enabled":true}})",
       "value_error body"},
      {R"({"image":{"uri":"a"},"entrypoint":["b"],"resourceLimits":{},
           "env":{"OPENSANDBOX_LIFECYCLE":"x"}})",
       "value_error body"}};
  for (const Row& row : kRows) EXPECT_EQ(Fault(row.body), row.want) << row.body;
}

TEST_F(CreateTest, VolumesThatBreakTheSchemaNameTheField) {
  struct Row {
    const char* volume;
    const char* want;
  };
  constexpr Row kRows[] = {
      {R"({"mountPath":"/d","host":{"path":"/a"}})", "missing name"},
      {R"({"name":"V","mountPath":"/d","host":{"path":"/a"}})", "string_pattern_mismatch name"},
      {R"({"name":"v","mountPath":"d","host":{"path":"/a"}})", "string_pattern_mismatch mountPath"},
      {R"({"name":"v","mountPath":"/d"})", "value_error 0"},
      {R"({"name":"v","mountPath":"/d","host":{"path":"/a"},"pvc":{"claimName":"c"}})",
       "value_error 0"},
      {R"({"name":"v","mountPath":"/d","host":{"path":"a"}})", "string_pattern_mismatch path"},
      {R"({"name":"v","mountPath":"/d","pvc":{"claimName":"C"}})",
       "string_pattern_mismatch claimName"},
      {R"({"name":"v","mountPath":"/d","pvc":{"claimName":"c","storage":"1X"}})",
       "string_pattern_mismatch storage"},
      {R"({"name":"v","mountPath":"/d","ossfs":{"bucket":"b","endpoint":"e"}})",
       "string_too_short bucket"},
      {R"({"name":"v","mountPath":"/d","ossfs":{"bucket":"bbb","endpoint":""}})",
       "string_too_short endpoint"},
      {R"({"name":"v","mountPath":"/d","ossfs":{"bucket":"bbb","endpoint":"e","version":"3"}})",
       "literal_error version"},
      {R"({"name":"v","mountPath":"/d","ossfs":{"bucket":"bbb","endpoint":"e","accessKeyId":""}})",
       "string_too_short accessKeyId"},
      {R"(7)", "model_attributes_type 0"}};
  for (const Row& row : kRows) {
    EXPECT_EQ(Fault(Body("busybox", R"(,"volumes":[)" + std::string(row.volume) + "]")), row.want)
        << row.volume;
  }
}

TEST_F(CreateTest, VolumesThatMayNotBeAreToldByTheirCode) {
  struct Row {
    const char* volume;
    const char* want;
  };
  constexpr Row kRows[] = {
      {R"({"name":"v","mountPath":"/d","host":{"path":"/allowed/a"},"subPath":"../b"})",
       "400 VOLUME::INVALID_SUB_PATH"},
      {R"({"name":"v","mountPath":"/d","pvc":{"claimName":"c"},"subPath":"/b"})",
       "400 VOLUME::INVALID_SUB_PATH"},
      {R"({"name":"v","mountPath":"/d","host":{"path":"/allowed"}},
          {"name":"v","mountPath":"/e","host":{"path":"/allowed"}})",
       "400 VOLUME::DUPLICATE_NAME"},
      {R"({"name":"v","mountPath":"/d","host":{"path":"/allowed/../etc"}})",
       "400 VOLUME::INVALID_HOST_PATH"},
      {R"({"name":"v","mountPath":"/d","host":{"path":"/allowed/"}})",
       "400 VOLUME::INVALID_HOST_PATH"},
      {R"({"name":"v","mountPath":"/d","host":{"path":"/allowedness"}})",
       "400 VOLUME::HOST_PATH_NOT_ALLOWED"},
      {R"({"name":"v","mountPath":"/d","host":{"path":"C:\\data"}})",
       "400 VOLUME::HOST_PATH_NOT_ALLOWED"},
      {R"({"name":"v","mountPath":"/d","ossfs":{"bucket":"   ","endpoint":"e"}})",
       "400 VOLUME::INVALID_OSSFS_BUCKET"},
      {R"({"name":"v","mountPath":"/d","ossfs":{"bucket":"bbb","endpoint":" "}})",
       "400 VOLUME::INVALID_OSSFS_ENDPOINT"},
      {R"({"name":"v","mountPath":"/d","ossfs":{"bucket":"bbb","endpoint":"e","options":["-o"]}})",
       "400 VOLUME::INVALID_OSSFS_OPTION"},
      {R"({"name":"v","mountPath":"/d","ossfs":{"bucket":"bbb","endpoint":"e"}})",
       "400 VOLUME::INVALID_OSSFS_CREDENTIALS"},
      {R"({"name":"v","mountPath":"/d","ossfs":{"bucket":"B_b","endpoint":"e","accessKeyId":"i",
           "accessKeySecret":"s"}})",
       "400 SANDBOX::INVALID_PARAMETER"},
      {R"({"name":"v","mountPath":"/d","ossfs":{"bucket":"bbb","endpoint":"e","accessKeyId":"i",
           "accessKeySecret":"s","options":["a;b"]}})",
       "400 VOLUME::INVALID_OSSFS_OPTION"},
      {R"({"name":"v","mountPath":"/d","ossfs":{"bucket":"bbb","endpoint":"a b","accessKeyId":"i",
           "accessKeySecret":"s"}})",
       "400 VOLUME::INVALID_OSSFS_ENDPOINT"},
      {R"({"name":"v","mountPath":"/d","ossfs":{"bucket":"bbb","endpoint":"e","accessKeyId":"i",
           "accessKeySecret":"s\nx"}})",
       "400 SANDBOX::INVALID_PARAMETER"},
      {R"({"name":"v","mountPath":"/d","host":{"path":"/allowed"}},
          {"name":"w","mountPath":"/d","host":{"path":"/allowed"}})",
       "400 SANDBOX::INVALID_PARAMETER"}};
  for (const Row& row : kRows) EXPECT_EQ(VolumeCode(row.volume), row.want) << row.volume;
}

TEST_F(CreateTest, VolumesArriveInTheSpec) {
  const JsonReply made = Ask("POST", "/v1/sandboxes",
                             Body("busybox",
                                  R"(,"volumes":[
            {"name":"h","mountPath":"/h","host":{"path":"/allowed/a"},"subPath":"b//c/","readOnly":true},
            {"name":"p","mountPath":"/p","pvc":{"claimName":"c","deleteOnSandboxTermination":true}},
            {"name":"o","mountPath":"/o","ossfs":{"bucket":"bbb","endpoint":" e ",
             "options":[" allow_other "],"access_key_id":"i","access_key_secret":"s3cret"}}])"));
  ASSERT_EQ(made.status, 202) << made.raw.body;
  const auto objects = store_.List({.kind = "sandboxes"}).objects;
  const Json& volumes = (*objects.at(0)->body)["spec"]["volumes"];
  EXPECT_EQ(volumes[0]["subPath"], "b/c");
  EXPECT_EQ(volumes[0]["readOnly"], true);
  EXPECT_EQ(volumes[1]["pvc"]["deleteOnSandboxTermination"], true);
  EXPECT_EQ(volumes[1]["pvc"]["createIfNotExists"], true);
  EXPECT_EQ(volumes[2]["ossfs"]["endpoint"], "e");
  EXPECT_EQ(volumes[2]["ossfs"]["options"], Json::array({"allow_other"}));
  EXPECT_EQ(objects.at(0)->body->dump().find("s3cret"), std::string::npos);
}

}  // namespace
}  // namespace osbx::apiserver
