// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/schema.h"
#include "api/v1/event.h"
#include "api/v1/mount.h"
#include "api/v1/node.h"
#include "api/v1/sandbox.h"
#include "api/v1/secret.h"
#include "api/v1/volume.h"
#include "base/rfc3339.h"
#include "tests/unit/api/causes_matcher.h"

namespace osbx::api::v1 {
namespace {

using testing::ElementsAre;

TEST(Codec, ASandboxSurvivesTheRoundTrip) {
  const Json json = Json::parse(R"({"apiVersion":"osbx.dev/v1","kind":"Sandbox",
    "metadata":{"name":"a","namespace":"default","uid":"u","resourceVersion":"42","generation":3,
      "creationTimestamp":"2026-01-02T03:04:05Z","labels":{"a":"b"},"annotations":{"c":"d"},
      "finalizers":["osbx.dev/container"],
      "ownerReferences":[{"apiVersion":"v1","kind":"X","name":"n","uid":"o","controller":true}]},
    "spec":{"image":"ubuntu","imagePullPolicy":"Always","restartPolicy":"OnFailure","startPolicy":"Retry",
      "terminationGracePeriodSeconds":10,"timeoutSeconds":3600,"expiresAt":"2026-01-02T03:04:05Z",
      "env":[{"name":"A","value":"b"}],"ports":[{"containerPort":80,"protocol":"TCP"}],
      "resources":{"limits":{"cpu":"1"}},"metadata":{"x":"y"},
      "volumes":[{"name":"d","mountPath":"/d","readOnly":true,"ossfs":{"bucket":"bbb","endpoint":"e",
        "version":"1.0","options":["o"],"credentialsRef":{"name":"k"}}}]},
    "status":{"phase":"Running","restartCount":0,
      "conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2026-01-02T03:04:05Z"}]}})");
  const auto sandbox = Sandbox::FromJson(json);
  ASSERT_TRUE(sandbox.has_value()) << sandbox.error().message();
  EXPECT_EQ(sandbox->metadata.resource_version, 42);
  EXPECT_EQ(sandbox->spec.restart_policy, kSandboxRestartPolicyOnFailure);
  EXPECT_EQ(FormatTime(sandbox->spec.expires_at.value()), "2026-01-02T03:04:05Z");
  ASSERT_EQ(sandbox->spec.volumes.size(), 1U);
  EXPECT_EQ(sandbox->spec.volumes[0].ossfs.value().credentials_ref.value().name, "k");
  EXPECT_EQ(sandbox->status.restart_count, 0);
  EXPECT_EQ(sandbox->status.phase, kSandboxPhaseRunning);
  EXPECT_EQ(sandbox->ToJson(), json);
  EXPECT_EQ(Sandbox::FromJson(sandbox->ToJson()).value(), *sandbox);
}

TEST(Codec, AnEmptyObjectHasTheDefaultsOfTheSchema) {
  const auto sandbox = Sandbox::FromJson(Json::object());
  ASSERT_TRUE(sandbox.has_value());
  EXPECT_EQ(*sandbox, Sandbox{});
  EXPECT_EQ(sandbox->spec.restart_policy, "Never");
  EXPECT_EQ(sandbox->spec.termination_grace_period_seconds, 10);
  EXPECT_EQ(sandbox->spec.timeout_seconds, std::nullopt);
  Json object = Json::parse(R"({"spec":{}})");
  Default(*FindKindByPlural("sandboxes")->schema, object);
  for (const auto& [key, value] : object["spec"].items()) {
    EXPECT_EQ(sandbox->spec.ToJson()[key], value) << key;
  }
}

TEST(Codec, UnknownFieldsAndNullsAreIgnored) {
  const auto sandbox =
      Sandbox::FromJson(Json::parse(R"({"frob":1,"spec":{"image":null,"frob":{}},"status":null})"));
  ASSERT_TRUE(sandbox.has_value());
  EXPECT_EQ(sandbox->spec.image, "");
}

struct Case {
  const char* json;
  const char* field;
};

class WrongType : public testing::TestWithParam<Case> {};

TEST_P(WrongType, IsReportedWithItsPath) {
  const auto sandbox = Sandbox::FromJson(Json::parse(GetParam().json));
  ASSERT_FALSE(sandbox.has_value());
  EXPECT_EQ(sandbox.error().code(), Code::kInvalid);
  EXPECT_THAT(Places(sandbox.error().causes()),
              ElementsAre(std::string("FieldValueTypeInvalid ") + GetParam().field));
  EXPECT_THAT(sandbox.error().message(), testing::StartsWith(GetParam().field));
}

INSTANTIATE_TEST_SUITE_P(
    Table, WrongType,
    testing::Values(
        Case{"7", ""}, Case{R"({"metadata":[]})", "metadata"},
        Case{R"({"metadata":{"labels":{"a":1}}})", "metadata.labels.a"},
        Case{R"({"metadata":{"resourceVersion":"x"}})", "metadata.resourceVersion"},
        Case{R"({"spec":{"image":1}})", "spec.image"},
        Case{R"({"spec":{"volumes":[{},{"ossfs":{"options":["a",{}]}}]}})",
             "spec.volumes[1].ossfs.options[1]"},
        Case{R"({"spec":{"volumes":[{"ossfs":{"accessKeySecret":{}}}]}})",
             "spec.volumes[0].ossfs.accessKeySecret"},
        Case{R"({"spec":{"timeoutSeconds":"1"}})", "spec.timeoutSeconds"},
        Case{R"({"spec":{"timeoutSeconds":1.5}})", "spec.timeoutSeconds"},
        Case{R"({"spec":{"timeoutSeconds":1e300}})", "spec.timeoutSeconds"},
        Case{R"({"spec":{"timeoutSeconds":18446744073709551615}})", "spec.timeoutSeconds"},
        Case{R"({"spec":{"ports":[{"containerPort":3000000000}]}})", "spec.ports[0].containerPort"},
        Case{R"({"spec":{"expiresAt":"soon"}})", "spec.expiresAt"},
        Case{R"({"spec":{"resources":{"limits":{"cpu":true}}}})", "spec.resources.limits.cpu"}));

TEST(Codec, I5_SensitiveFieldsAreReadButNeverWritten) {
  const auto source = OssfsSource::FromJson(Json::parse(
      R"({"bucket":"b","endpoint":"e","accessKeyId":"id","accessKeySecret":"hunter2"})"));
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(source->access_key_secret.Reveal(), "hunter2");
  EXPECT_EQ(source->ToJson().dump().find("hunter2"), std::string::npos);
  EXPECT_FALSE(source->ToJson().contains("accessKeyId"));
}

TEST(Codec, AmountsKeepTheirText) {
  const auto resources =
      Resources::FromJson(Json::parse(R"({"limits":{"cpu":0.5,"gpu":1,"memory":"2Gi"}})"));
  ASSERT_TRUE(resources.has_value());
  EXPECT_EQ(resources->limits.at("cpu"), "0.5");
  EXPECT_EQ(resources->limits.at("gpu"), "1");
  EXPECT_EQ(resources->limits.at("memory"), "2Gi");
}

TEST(Codec, AnEventKeepsMicrosecondsAndFreeFields) {
  const Json json = Json::parse(R"({"apiVersion":"v1","kind":"Event","metadata":{"name":"e"},
    "involvedObject":{"kind":"Sandbox","name":"a"},"eventTime":"2026-01-02T03:04:05.000006Z",
    "lastTimestamp":"2026-01-02T03:04:05Z","count":2,"related":{"kind":"X","deep":{"a":[1]}}})");
  const auto event = Event::FromJson(json);
  ASSERT_TRUE(event.has_value()) << event.error().message();
  EXPECT_EQ(event->ToJson(), json);
}

TEST(Codec, StatusIsLeftOutWhenThereIsNone) {
  Volume volume;
  volume.metadata.name = "v";
  EXPECT_EQ(volume.ToJson(), Json::parse(R"({"apiVersion":"osbx.dev/v1","kind":"Volume",
                                            "metadata":{"name":"v"},"spec":{}})"));
}

TEST(Codec, KindsNameThemselvesAsTheSchemasDo) {
  const auto check = [](const auto& object) {
    using T = std::decay_t<decltype(object)>;
    const Kind* kind = FindKindByPlural(T::kPlural);
    ASSERT_NE(kind, nullptr);
    EXPECT_EQ(kind->kind, T::kKind);
    EXPECT_EQ(kind->ApiVersion(), T::kApiVersion);
    EXPECT_EQ(kind->namespaced, T::kNamespaced);
  };
  check(Sandbox{});
  check(Volume{});
  check(Mount{});
  check(Node{});
  check(Event{});
  check(v1::Secret{});
}

}  // namespace
}  // namespace osbx::api::v1
