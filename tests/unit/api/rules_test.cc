// SPDX-License-Identifier: Apache-2.0
#include "api/v1/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/schema.h"
#include "api/v1/paths.h"
#include "base/base64.h"
#include "tests/unit/api/causes_matcher.h"

namespace osbx::api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A valid sandbox with one volume of each backend but volumeRef.
Json Sandbox() {
  return Json::parse(R"({"spec":{"image":"a","entrypoint":["sh"],
    "volumes":[
      {"name":"o","mountPath":"/o","ossfs":{"bucket":"abc","endpoint":"e","version":"2.0",
        "credentialsRef":{"name":"k"}}},
      {"name":"h","mountPath":"/h","host":{"path":"/srv"}},
      {"name":"p","mountPath":"/p","pvc":{"claimName":"c"}}]}})");
}

// One change of that sandbox and what is said about it.
struct Case {
  const char* name;
  const char* pointer;
  const char* value;  // "" = remove
  const char* place;  // "" = valid
};

class SandboxRule : public testing::TestWithParam<Case> {};

TEST_P(SandboxRule, NamesTheFieldAndTheReason) {
  Json object = Sandbox();
  const Json::json_pointer pointer(GetParam().pointer);
  if (std::string(GetParam().value).empty()) {
    object.at(pointer.parent_pointer()).erase(pointer.back());
  } else {
    object[pointer] = Json::parse(GetParam().value);
  }
  const auto places = Places(ValidateRules(*FindKindByPlural("sandboxes"), object, nullptr));
  if (std::string(GetParam().place).empty()) {
    EXPECT_THAT(places, IsEmpty());
  } else {
    EXPECT_THAT(places, ElementsAre(GetParam().place));
  }
}

constexpr const char* kMountPath = "/spec/volumes/0/mountPath";
constexpr const char* kBadMountPath = "FieldValueInvalid spec.volumes[0].mountPath";
constexpr const char* kSubPath = "/spec/volumes/0/subPath";
constexpr const char* kBadSubPath = "FieldValueInvalid spec.volumes[0].subPath";
constexpr const char* kPrefix = "/spec/volumes/0/ossfs/prefix";
constexpr const char* kBadPrefix = "FieldValueInvalid spec.volumes[0].ossfs.prefix";
constexpr const char* kOptions = "/spec/volumes/0/ossfs/options";
constexpr const char* kBadOption = "FieldValueInvalid spec.volumes[0].ossfs.options[1]";
constexpr const char* kEndpoint = "/spec/volumes/0/ossfs/endpoint";
constexpr const char* kBadEndpoint = "FieldValueInvalid spec.volumes[0].ossfs.endpoint";
constexpr const char* kHostPath = "/spec/volumes/1/host/path";
constexpr const char* kBadHostPath = "FieldValueInvalid spec.volumes[1].host.path";
constexpr const char* kLimits = "/spec/resources/limits";

INSTANTIATE_TEST_SUITE_P(
    Table, SandboxRule,
    testing::Values(
        Case{"ValidAsItIs", "/spec/image", R"("b")", ""},
        Case{"DuplicateMountPath", "/spec/volumes/1/mountPath", R"("/o")",
             "FieldValueDuplicate spec.volumes[1].mountPath"},
        Case{"DuplicateMountPathAfterCleaning", "/spec/volumes/1/mountPath", R"("/./o")",
             "FieldValueDuplicate spec.volumes[1].mountPath"},
        Case{"NestedMountPathsAreFine", "/spec/volumes/1/mountPath", R"("/o/below")", ""},
        Case{"MountPathRoot", kMountPath, R"("/")", kBadMountPath},
        Case{"MountPathRootWithDots", kMountPath, R"("/.")", kBadMountPath},
        Case{"MountPathRelative", kMountPath, R"("data")", kBadMountPath},
        Case{"MountPathProc", kMountPath, R"("/proc")", kBadMountPath},
        Case{"MountPathBelowProc", kMountPath, R"("/proc/self")", kBadMountPath},
        Case{"MountPathLikeProc", kMountPath, R"("/processes")", ""},
        Case{"MountPathSys", kMountPath, R"("/sys/fs")", kBadMountPath},
        Case{"MountPathDev", kMountPath, R"("/dev/shm")", kBadMountPath},
        Case{"MountPathProcInDisguise", kMountPath, R"("/./proc")", kBadMountPath},
        Case{"MountPathOfOurs", kMountPath, R"("/.osbx/x")", kBadMountPath},
        Case{"MountPathHosts", kMountPath, R"("/etc/hosts")", kBadMountPath},
        Case{"MountPathHostname", kMountPath, R"("/etc/hostname")", kBadMountPath},
        Case{"MountPathResolvConf", kMountPath, R"("/etc/resolv.conf")", kBadMountPath},
        Case{"MountPathEtc", kMountPath, R"("/etc/app")", ""},
        Case{"MountPathUp", kMountPath, R"("/a/../b")", kBadMountPath},
        Case{"MountPathDotsInName", kMountPath, R"("/a/..b")", ""},
        Case{"MountPathDoubleSlash", kMountPath, R"("/a//b")", kBadMountPath},
        Case{"MountPathTrailingSlash", kMountPath, R"("/a/")", kBadMountPath},
        Case{"MountPathControl", kMountPath, R"("/a\u0007")", kBadMountPath},
        Case{"SubPath", kSubPath, R"("a/b")", ""},
        Case{"SubPathTrailingSlash", kSubPath, R"("a/b/")", ""},
        Case{"SubPathEmpty", kSubPath, R"("")", ""},
        Case{"SubPathAbsolute", kSubPath, R"("/a")", kBadSubPath},
        Case{"SubPathUp", kSubPath, R"("a/../../b")", kBadSubPath},
        Case{"SubPathOnlyUp", kSubPath, R"("..")", kBadSubPath},
        Case{"SubPathDot", kSubPath, R"("a/./b")", kBadSubPath},
        Case{"SubPathEmptyComponent", kSubPath, R"("a//b")", kBadSubPath},
        Case{"SubPathTwoTrailingSlashes", kSubPath, R"("a//")", kBadSubPath},
        Case{"SubPathControl", kSubPath, R"("a\nb")", kBadSubPath},
        Case{"SubPathDel", kSubPath, R"("a\u007fb")", kBadSubPath},
        Case{"PrefixWithSlashes", kPrefix, R"("/a/b/")", ""},
        Case{"PrefixSlash", kPrefix, R"("/")", ""},
        Case{"PrefixTwoSlashes", kPrefix, R"("//a")", kBadPrefix},
        Case{"PrefixUp", kPrefix, R"("/../a")", kBadPrefix},
        Case{"PrefixControl", kPrefix, R"("a\u0000")", kBadPrefix},
        Case{"Options", kOptions, R"(["allow_other","umask=0022"])", ""},
        Case{"OptionBlank", kOptions, R"(["a"," "])", kBadOption},
        Case{"OptionDash", kOptions, R"(["a"," -o x"])", kBadOption},
        Case{"OptionNewline", kOptions, R"(["a","b\nc"])", kBadOption},
        Case{"OptionTrailingNewline", kOptions, R"(["a","b\n"])", kBadOption},
        Case{"OptionSemicolon", kOptions, R"(["a","b;c"])", kBadOption},
        Case{"OptionAmpersand", kOptions, R"(["a","b&c"])", kBadOption},
        Case{"OptionPipe", kOptions, R"(["a","b|c"])", kBadOption},
        Case{"OptionBacktick", kOptions, R"(["a","b`c"])", kBadOption},
        Case{"OptionDollar", kOptions, R"(["a","b$c"])", kBadOption},
        Case{"OptionParenthesis", kOptions, R"(["a","b(c"])", kBadOption},
        Case{"OptionAngle", kOptions, R"(["a","b<c"])", kBadOption},
        Case{"EndpointWithScheme", kEndpoint, R"("http://127.0.0.1:9000")", ""},
        Case{"EndpointOnlyScheme", kEndpoint, R"("https://")", kBadEndpoint},
        Case{"EndpointBlank", kEndpoint, R"("  ")", kBadEndpoint},
        Case{"EndpointNoHost", kEndpoint, R"("http:///x")", kBadEndpoint},
        Case{"NoCredentials", "/spec/volumes/0/ossfs/credentialsRef", "",
             "FieldValueRequired spec.volumes[0].ossfs"},
        Case{"KeyIdBesideReference", "/spec/volumes/0/ossfs/accessKeyId", R"("i")",
             "FieldValueForbidden spec.volumes[0].ossfs.accessKeyId"},
        Case{"KeySecretBesideReference", "/spec/volumes/0/ossfs/accessKeySecret", R"("s")",
             "FieldValueForbidden spec.volumes[0].ossfs.accessKeySecret"},
        Case{"HostPathUp", kHostPath, R"("/srv/../etc")", kBadHostPath},
        Case{"HostPathDotDotInName", kHostPath, R"("/srv/..b")", kBadHostPath},
        Case{"HostPathDoubleSlash", kHostPath, R"("/srv//x")", kBadHostPath},
        Case{"HostPathTrailingSlash", kHostPath, R"("/srv/")", kBadHostPath},
        Case{"HostPathRoot", kHostPath, R"("/")", ""},
        Case{"EntrypointEmptyProgram", "/spec/entrypoint", R"(["","x"])",
             "FieldValueRequired spec.entrypoint[0]"},
        Case{"EntrypointEmptyArgument", "/spec/entrypoint", R"(["x",""])", ""},
        Case{"EntrypointNul", "/spec/entrypoint", R"(["x","a\u0000b"])",
             "FieldValueInvalid spec.entrypoint[1]"},
        Case{"EnvNul", "/spec/env", R"([{"name":"A","value":"a\u0000"}])",
             "FieldValueInvalid spec.env[0].value"},
        Case{"Limits", kLimits, R"({"cpu":"500m","memory":"2Gi","gpu":"all"})", ""},
        Case{"LimitsAsNumbers", kLimits, R"({"cpu":0.5,"memory":67108864,"gpu":1})", ""},
        Case{"LimitsUnknown", kLimits, R"({"disk":"1Gi"})",
             "FieldValueNotSupported spec.resources.limits[disk]"},
        Case{"MemoryFraction", kLimits, R"({"memory":"1.5Gi"})",
             "FieldValueInvalid spec.resources.limits[memory]"},
        Case{"MemoryBelowDockersMinimum", kLimits, R"({"memory":"5Mi"})",
             "FieldValueInvalid spec.resources.limits[memory]"},
        Case{"MemoryAtDockersMinimum", kLimits, R"({"memory":"6Mi"})", ""},
        Case{"CpuZero", kLimits, R"({"cpu":"0"})", "FieldValueInvalid spec.resources.limits[cpu]"},
        Case{"CpuText", kLimits, R"({"cpu":"many"})",
             "FieldValueInvalid spec.resources.limits[cpu]"},
        Case{"GpuZero", kLimits, R"({"gpu":0})", "FieldValueInvalid spec.resources.limits[gpu]"},
        Case{"GpuText", kLimits, R"({"gpu":"some"})",
             "FieldValueInvalid spec.resources.limits[gpu]"},
        // What the schema refuses is not the rules' business, but they must survive it.
        Case{"WrongTypesArePassedOver", "/spec/volumes", R"([1,{"ossfs":[],"host":{"path":4}}])",
             ""},
        Case{"NoSpec", "/spec", "7", ""}),
    [](const auto& info) { return info.param.name; });

std::vector<std::string> Credentials(const char* source) {
  std::vector<Cause> causes;
  v1::CheckOssfsCredentials(Json::parse(source), "s", causes);
  return Lines(causes);
}

TEST(OssfsCredentials, AWholeInlinePairIsEnough) {
  EXPECT_THAT(Credentials(R"({"accessKeyId":"i","accessKeySecret":"s"})"), IsEmpty());
}

TEST(OssfsCredentials, HalfAPairIsNot) {
  EXPECT_THAT(
      Credentials(R"({"accessKeyId":"i"})"),
      ElementsAre("FieldValueRequired s.accessKeySecret: Required value: accessKeyId is given"));
  EXPECT_THAT(
      Credentials(R"({"accessKeySecret":"s"})"),
      ElementsAre("FieldValueRequired s.accessKeyId: Required value: accessKeySecret is given"));
}

TEST(OssfsCredentials, I5_KeysThatWouldInjectLinesAreRefusedAndNotRepeated) {
  EXPECT_THAT(
      Credentials(R"({"accessKeyId":"i\n--x","accessKeySecret":"s\u0000"})"),
      ElementsAre("FieldValueInvalid s.accessKeyId: Invalid value: \"(hidden)\": must not contain "
                  "control characters",
                  "FieldValueInvalid s.accessKeySecret: Invalid value: \"(hidden)\": must not "
                  "contain control characters"));
}

TEST(OssfsCredentials, AColonInTheKeyIdWouldSplitThePasswordFileOfVersion1) {
  EXPECT_THAT(Credentials(R"({"version":"2.0","accessKeyId":"i:j","accessKeySecret":"s"})"),
              IsEmpty());
  EXPECT_THAT(Credentials(R"({"version":"1.0","accessKeyId":"i:j","accessKeySecret":"s"})"),
              ElementsAre("FieldValueInvalid s.accessKeyId: Invalid value: \"(hidden)\": must not "
                          "contain ':' with version 1.0"));
}

TEST(VolumeRules, AreThoseOfTheBackend) {
  const Kind* kind = FindKindByPlural("volumes");
  EXPECT_THAT(
      Places(ValidateRules(
          *kind, Json::parse(R"({"spec":{"ossfs":{"prefix":"..","options":["-x"]}}})"), nullptr)),
      ElementsAre("FieldValueInvalid spec.ossfs.prefix", "FieldValueInvalid spec.ossfs.options[0]",
                  "FieldValueRequired spec.ossfs"));
  EXPECT_THAT(
      Places(ValidateRules(*kind, Json::parse(R"({"spec":{"host":{"path":"/a//b"}}})"), nullptr)),
      ElementsAre("FieldValueInvalid spec.host.path"));
}

std::vector<std::string> SecretPlaces(const Json& object, const Json* old_object = nullptr) {
  return Places(ValidateRules(*FindKindByPlural("secrets"), object, old_object));
}

TEST(SecretRules, KeysAreConfigKeys) {
  EXPECT_THAT(SecretPlaces(Json::parse(R"({"data":{"a.b_C-1":"eA=="},"stringData":{"ok":"x"}})")),
              IsEmpty());
  EXPECT_THAT(SecretPlaces(Json::parse(R"({"data":{"a b":"eA=="},"stringData":{"..":"x"}})")),
              ElementsAre("FieldValueInvalid data[a b]", "FieldValueInvalid stringData[..]"));
}

TEST(SecretRules, ValuesAreBase64) {
  const Kind* kind = FindKindByPlural("secrets");
  const auto lines = Lines(Validate(*kind->schema, Json::parse(R"({"data":{"k":"%%%"}})")));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], testing::StartsWith("FieldValueTypeInvalid data.k"));
  EXPECT_THAT(lines[0], testing::Not(testing::HasSubstr("%%%")));
}

TEST(SecretRules, OneMebibyteIsTheLimit) {
  Json object = Json::object();
  object["data"]["k"] = EncodeBase64(std::string(1024 * 1024, 'x'));
  EXPECT_THAT(SecretPlaces(object), IsEmpty());
  object["stringData"]["one"] = "x";
  EXPECT_THAT(SecretPlaces(object), ElementsAre("FieldValueTooLong data"));
}

TEST(SecretRules, AnImmutableSecretStaysAsItIs) {
  const Json old_object = Json::parse(R"({"immutable":true,"data":{"k":"eA=="}})");
  EXPECT_THAT(SecretPlaces(old_object, &old_object), IsEmpty());
  EXPECT_THAT(SecretPlaces(Json::parse(R"({"immutable":true,"data":{"k":"eQ=="}})"), &old_object),
              ElementsAre("FieldValueForbidden data"));
  EXPECT_THAT(SecretPlaces(Json::parse(R"({"data":{"k":"eA=="}})"), &old_object),
              ElementsAre("FieldValueForbidden immutable"));
  EXPECT_THAT(
      SecretPlaces(Json::parse(R"({"immutable":true,"data":{"k":"eA=="},"stringData":{"l":"x"}})"),
                   &old_object),
      ElementsAre("FieldValueForbidden data"));
}

TEST(Paths, PrefixesHaveOneNormalForm) {
  EXPECT_EQ(v1::NormalizePrefix("/a/b/"), "a/b");
  EXPECT_EQ(v1::NormalizePrefix("/"), "");
  EXPECT_EQ(v1::NormalizePrefix("a//b"), "a//b");
  EXPECT_EQ(v1::JoinPrefix("/a/", "b/"), "a/b");
  EXPECT_EQ(v1::JoinPrefix("", "b"), "b");
  EXPECT_EQ(v1::JoinPrefix("a", ""), "a");
  EXPECT_EQ(v1::JoinPrefix("", ""), "");
}

TEST(Paths, AreCleaned) {
  EXPECT_EQ(v1::CleanPath("/a/./b//c/"), "/a/b/c");
  EXPECT_EQ(v1::CleanPath("/"), "/");
  EXPECT_EQ(v1::CleanPath("/a/../b"), "/a/../b");
}

}  // namespace
}  // namespace osbx::api
