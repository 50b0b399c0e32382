// SPDX-License-Identifier: Apache-2.0
// Inline object-store keys live in a Secret and nowhere else (I5).
#include "registry/credentials.h"

#include "base/base64.h"
#include "registry/json_access.h"
#include "world.h"

namespace osbx::registry {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kId = "LTAI-key-identifier";
constexpr const char* kKey = "very-secret-key-value";

class CredentialsTest : public World {
 protected:
  static Json Ossfs() {
    return {{"bucket", "bucket"},
            {"endpoint", "oss-cn-hangzhou.aliyuncs.com"},
            {"accessKeyId", kId},
            {"accessKeySecret", kKey}};
  }
  static Json WithKeys(const std::string& name = "a", const std::string& volume = "data") {
    return Sandbox(name,
                   {{"volumes", {{{"name", volume}, {"mountPath", "/mnt"}, {"ossfs", Ossfs()}}}}});
  }
  static Json VolumeObject(const std::string& name = "v") {
    return {{"apiVersion", "osbx.dev/v1"},
            {"kind", "Volume"},
            {"metadata", {{"name", name}}},
            {"spec", {{"ossfs", Ossfs()}}}};
  }

  // No revision of any object but Secrets shows the keys, plain or encoded.
  void ExpectNoLeak() const {
    const auto events = store_.EventsAfter("", store_.Oldest(), 100000);
    ASSERT_TRUE(events.has_value());
    for (const auto& event : *events) {
      if (event->object->key.kind == "secrets") continue;
      for (const std::string& text :
           {std::string(kId), std::string(kKey), EncodeBase64(kId), EncodeBase64(kKey)}) {
        EXPECT_THAT(*event->object->bytes, Not(HasSubstr(text))) << ToString(event->object->key);
      }
    }
  }
};

TEST_F(CredentialsTest, KeysMoveIntoASecretOfTheObjectInTheSameCommit) {
  const auto made = Post("sandboxes", WithKeys());
  ASSERT_THAT(made, IsOk());
  const Json sandbox = Stored("sandboxes/a");
  EXPECT_EQ(sandbox["spec"]["volumes"][0]["ossfs"],
            R"({"bucket":"bucket","endpoint":"oss-cn-hangzhou.aliyuncs.com","version":"2.0",
                "credentialsRef":{"name":"a-data-oss"}})"_json_text);
  const Json secret = Stored("secrets/a-data-oss");
  EXPECT_EQ(secret["data"],
            Json({{"accessKeyId", EncodeBase64(kId)}, {"accessKeySecret", EncodeBase64(kKey)}}));
  EXPECT_EQ(secret["type"], "Opaque");
  EXPECT_EQ(secret["metadata"]["ownerReferences"][0]["uid"], sandbox["metadata"]["uid"]);
  EXPECT_EQ(secret["metadata"]["ownerReferences"][0]["controller"], true);
  EXPECT_FALSE(secret["metadata"]["uid"].get<std::string>().empty());
  EXPECT_EQ(RevisionOf("secrets/a-data-oss") + 1, RevisionOf("sandboxes/a"));
  ExpectNoLeak();
}

TEST_F(CredentialsTest, ApplyingTheSameManifestAgainIsUnchanged) {
  ASSERT_THAT(Apply("sandboxes/a", WithKeys(), "m"), IsOk());
  const store::Revision before = store_.Current();
  const auto again = Apply("sandboxes/a", WithKeys(), "m");
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->effect, Effect::kUnchanged);
  EXPECT_EQ(store_.Current(), before);
  Json rotated = WithKeys();
  rotated["spec"]["volumes"][0]["ossfs"]["accessKeySecret"] = "another";
  const auto changed = Apply("sandboxes/a", rotated, "m");
  ASSERT_THAT(changed, IsOk());
  EXPECT_EQ(changed->effect, Effect::kConfigured);
  EXPECT_EQ(Stored("secrets/a-data-oss")["data"]["accessKeySecret"], EncodeBase64("another"));
  EXPECT_EQ(Stored("secrets/a-data-oss")["metadata"]["ownerReferences"][0]["uid"],
            Stored("sandboxes/a")["metadata"]["uid"]);
  ExpectNoLeak();
}

TEST_F(CredentialsTest, EveryKindOfWriteTakesThem) {
  ASSERT_THAT(Post("volumes", VolumeObject()), IsOk());
  EXPECT_EQ(Stored("volumes/v")["spec"]["ossfs"]["credentialsRef"]["name"], "v-volume-oss");
  const store::Revision before = store_.Current();
  EXPECT_THAT(Merge("volumes/v", {{"spec", {{"ossfs", Ossfs()}}}}), IsOk());
  Json put = Stored("volumes/v");
  put["spec"]["ossfs"]["accessKeyId"] = kId;
  put["spec"]["ossfs"]["accessKeySecret"] = kKey;
  EXPECT_THAT(registry_.Update(At("volumes/v"), put, As("t")), IsOk());
  EXPECT_EQ(store_.Current(), before);
  RequestInfo dry = As("t");
  dry.dry_run = true;
  const auto preview = registry_.Create(At("volumes"), VolumeObject("w"), dry);
  ASSERT_THAT(preview, IsOk());
  EXPECT_THAT(*(*preview)->bytes, Not(HasSubstr(kKey)));
  EXPECT_TRUE(Stored("secrets/w-volume-oss").is_null());
  ExpectNoLeak();
}

TEST_F(CredentialsTest, TheNoteOfClientSideApplyIsRedacted) {
  Json body = WithKeys();
  const std::string note = Dump(body) + "\n";
  body["metadata"]["annotations"] = {{"kubectl.kubernetes.io/last-applied-configuration", note}};
  ASSERT_THAT(Post("sandboxes", body), IsOk());
  const std::string stored = Stored(
      "sandboxes/a")["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"];
  EXPECT_EQ(Json::parse(stored)["spec"]["volumes"][0]["ossfs"]["bucket"], "bucket");
  ExpectNoLeak();

  Json escaped = WithKeys("b");
  escaped["metadata"]["annotations"] = {
      {"kubectl.kubernetes.io/last-applied-configuration",
       std::string(R"({"x":{"\u0061ccessKeySecret":")") + kKey + "\"}}"}};
  ASSERT_THAT(Post("sandboxes", escaped), IsOk());
  Json broken = WithKeys("c");
  broken["metadata"]["annotations"] = {{"kubectl.kubernetes.io/last-applied-configuration",
                                        std::string("{accessKeySecret: ") + kKey}};
  ASSERT_THAT(Post("sandboxes", broken), IsOk());
  ExpectNoLeak();
}

TEST_F(CredentialsTest, RefusalsDoNotRepeatTheKeys) {
  const std::pair<const char*, Json> rows[] = {
      {"an identifier alone", {{"accessKeySecret", nullptr}}},
      {"a secret alone", {{"accessKeyId", nullptr}}},
      {"both ways at once", {{"credentialsRef", {{"name", "mine"}}}}},
      {"a newline", {{"accessKeySecret", std::string(kKey) + "\nuser=x"}}},
      {"a colon", {{"version", "1.0"}, {"accessKeyId", std::string(kId) + ":x"}}},
      {"a number", {{"accessKeyId", 12345}}},
      {"a list", {{"accessKeyId", Json::array({kKey})}}},
      {"too long", {{"accessKeySecret", std::string(2000, 'x') + kKey}}},
      {"a bad bucket beside", {{"bucket", "!"}}},
  };
  for (const auto& [name, change] : rows) {
    SCOPED_TRACE(name);
    Json body = WithKeys();
    body["spec"]["volumes"][0]["ossfs"].update(change);
    for (const auto& refused : {Post("sandboxes", body), [&]() -> Result<ObjectPtr> {
                                  auto written = Apply("sandboxes/a", body, "m");
                                  if (!written) return written.error();
                                  return written->object;
                                }()}) {
      ASSERT_THAT(refused, StatusIs(Code::kInvalid));
      EXPECT_THAT(MessageOf(refused), Not(HasSubstr(kKey)));
      EXPECT_THAT(MessageOf(refused), Not(HasSubstr(kId)));
      EXPECT_THAT(MessageOf(refused), HasSubstr("spec.volumes[0].ossfs"));
      for (const Cause& cause : refused.error().causes()) {
        EXPECT_THAT(cause.message, Not(HasSubstr(kKey)));
        EXPECT_THAT(cause.message, Not(HasSubstr(kId)));
      }
    }
  }
  EXPECT_TRUE(Stored("secrets/a-data-oss").is_null());
  ExpectNoLeak();
}

TEST_F(CredentialsTest, ASecretOfSomebodyElseIsLeftAlone) {
  ASSERT_THAT(
      Post("secrets", {{"metadata", {{"name", "a-data-oss"}}}, {"stringData", {{"k", "v"}}}}),
      IsOk());
  ASSERT_THAT(Apply("sandboxes/a", WithKeys(), "m"), IsOk());
  const std::string chosen =
      Stored("sandboxes/a")["spec"]["volumes"][0]["ossfs"]["credentialsRef"]["name"];
  EXPECT_THAT(chosen, ::testing::MatchesRegex("a-data-[0-9a-f]{8}-oss"));
  EXPECT_EQ(Stored("secrets/a-data-oss")["data"], R"({"k":"dg=="})"_json_text);
  // The choice is kept when the reason for it has gone.
  ASSERT_THAT(registry_.Delete(At("secrets/a-data-oss"), {}, As("t")), IsOk());
  const auto again = Apply("sandboxes/a", WithKeys(), "m");
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->effect, Effect::kUnchanged);
}

TEST_F(CredentialsTest, ASuccessorOfTheSameNameTakesTheSecretOver) {
  ASSERT_THAT(Post("volumes", VolumeObject()), IsOk());
  ASSERT_THAT(registry_.Delete(At("volumes/v"), {}, As("t")), IsOk());
  ASSERT_THAT(Merge("volumes/v", {{"metadata", {{"finalizers", nullptr}}}}), IsOk());
  ASSERT_TRUE(Stored("volumes/v").is_null());
  ASSERT_FALSE(Stored("secrets/v-volume-oss").is_null());
  ASSERT_THAT(Post("volumes", VolumeObject()), IsOk());
  EXPECT_EQ(Stored("secrets/v-volume-oss")["metadata"]["ownerReferences"][0]["uid"],
            Stored("volumes/v")["metadata"]["uid"]);
}

TEST_F(CredentialsTest, AGeneratedNameIsKnownBeforeTheSecretIsNamed) {
  Json body = WithKeys();
  body["metadata"] = {{"generateName", "job-"}};
  const auto made = Post("sandboxes", body);
  ASSERT_THAT(made, IsOk());
  EXPECT_FALSE(Stored("secrets/" + (*made)->key.name + "-data-oss").is_null());
}

TEST_F(CredentialsTest, LongNamesStayWithinTheLimit) {
  ASSERT_THAT(Post("volumes", VolumeObject(std::string(253, 'v'))), IsOk());
  const std::string name =
      Stored("volumes/" + std::string(253, 'v'))["spec"]["ossfs"]["credentialsRef"]["name"];
  EXPECT_LE(name.size(), 253U);
  EXPECT_FALSE(Stored("secrets/" + name).is_null());
}

TEST_F(CredentialsTest, AReferenceToAMissingSecretIsAccepted) {
  Json body = WithKeys();
  Json& ossfs = body["spec"]["volumes"][0]["ossfs"];
  ossfs.erase("accessKeyId");
  ossfs.erase("accessKeySecret");
  ossfs["credentialsRef"] = {{"name", "later"}};
  EXPECT_THAT(Post("sandboxes", body), IsOk());
}

}  // namespace
}  // namespace osbx::registry
