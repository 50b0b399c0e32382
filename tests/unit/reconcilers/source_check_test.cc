// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/volumes/source_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "reconcilers/sandbox/container_ops.h"

namespace osbx::reconcilers {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Json Ossfs(const Json& changes = Json::object()) {
  Json source{{"bucket", "data"},
              {"endpoint", "oss-cn-hangzhou.aliyuncs.com"},
              {"version", "2.0"},
              {"credentialsRef", {{"name", "keys"}}}};
  source.update(changes);
  return source;
}

// The fields that are refused in a sandbox with this volume as its second.
std::vector<std::string> Refused(const Json& ossfs, const std::string& sub_path = "") {
  Json volume{{"name", "v"}, {"mountPath", "/mnt/v"}, {"ossfs", ossfs}};
  if (!sub_path.empty()) volume["subPath"] = sub_path;
  const Json host{{"name", "h"}, {"mountPath", "/h"}, {"host", {{"path", "/data"}}}};
  const Json object{{"spec", {{"image", "a"}, {"volumes", {host, volume}}}}};
  std::vector<std::string> fields;
  for (const Cause& cause : CheckSources(*api::FindKindByPlural("sandboxes"), object))
    fields.push_back(cause.field);
  return fields;
}

TEST(CheckSources, SoundSourcesHaveNoFault) {
  EXPECT_THAT(Refused(Ossfs()), IsEmpty());
  EXPECT_THAT(Refused(Ossfs({{"options", {"allow_other"}}}), "a/b"), IsEmpty());
}

TEST(CheckSources, AnEndpointOfAnotherSchemeIsRefused) {
  EXPECT_THAT(Refused(Ossfs({{"endpoint", "ftp://example.com"}})),
              ElementsAre("spec.volumes[1].ossfs.endpoint"));
}

TEST(CheckSources, AForbiddenOptionIsRefusedByItsPlace) {
  EXPECT_THAT(
      Refused(Ossfs({{"version", "1.0"}, {"options", {"allow_other", "passwd_file=/etc/shadow"}}})),
      ElementsAre("spec.volumes[1].ossfs.options[1]"));
}

TEST(CheckSources, ASubPathThatNoPrefixMayBeIsRefusedAsSubPath) {
  EXPECT_THAT(Refused(Ossfs(), "a;b"), ElementsAre("spec.volumes[1].subPath"));
  EXPECT_THAT(Refused(Ossfs({{"prefix", "a;b"}}), "c"),
              ElementsAre("spec.volumes[1].ossfs.prefix"));
}

TEST(CheckSources, AVolumeIsCheckedLikeAVolumeOfASandbox) {
  const Json object{{"spec", {{"ossfs", Ossfs({{"endpoint", "ftp://example.com"}})}}}};
  const auto causes = CheckSources(*api::FindKindByPlural("volumes"), object);
  ASSERT_EQ(causes.size(), 1U);
  EXPECT_EQ(causes.front().field, "spec.ossfs.endpoint");
}

TEST(CheckSources, ObjectsOfAnyShapeAreBorne) {
  const api::Kind& kind = *api::FindKindByPlural("sandboxes");
  for (const char* text :
       {"{}", R"({"spec":1})", R"({"spec":{"volumes":{}}})", R"({"spec":{"volumes":[1]}})",
        R"({"spec":{"volumes":[{"ossfs":[]}]}})"}) {
    EXPECT_THAT(CheckSources(kind, Json::parse(text)), IsEmpty()) << text;
  }
}

TEST(PullReason, TellsDeniedFromMissing) {
  EXPECT_EQ(PullReason(Code::kPermissionDenied), "ImagePullDenied");
  EXPECT_EQ(PullReason(Code::kUnauthenticated), "ImagePullDenied");
  EXPECT_EQ(PullReason(Code::kNotFound), "ImageNotFound");
  EXPECT_EQ(PullReason(Code::kUnavailable), "ImagePullFailed");
}

}  // namespace
}  // namespace osbx::reconcilers
