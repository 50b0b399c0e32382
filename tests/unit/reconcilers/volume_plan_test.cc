// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "ctrl/conditions.h"
#include "reconcilers/volume/volume_reconciler.h"
#include "reconcilers/volumes/resolve.h"

namespace osbx::reconcilers {
namespace {

using api::v1::Volume;
using std::chrono::seconds;

const Time kNow{seconds(1'800'000'000)};

Volume Bucket(bool deleted) {
  Volume volume;
  volume.metadata.name = "data";
  volume.spec.ossfs.emplace();
  volume.spec.ossfs->bucket = "demo";
  if (deleted) volume.metadata.deletion_timestamp = kNow;
  return volume;
}

TEST(PlanVolume, IsReleasedOnlyWhenItIsDeletedAndNoSandboxRefersToIt) {
  for (const bool deleted : {false, true}) {
    for (const bool used : {false, true}) {
      VolumeObjectFacts facts{.now = kNow};
      if (used) facts.sandboxes = {"a"};
      EXPECT_EQ(PlanVolume(Bucket(deleted), facts).release, deleted && !used) << deleted << used;
    }
  }
}

TEST(PlanVolume, ADeletedOneSaysWhoKeepsIt) {
  const VolumePlan plan = PlanVolume(Bucket(true), {.sandboxes = {"a", "b"}, .now = kNow});
  const auto* ready = ctrl::FindCondition(plan.status.conditions, "Ready");
  ASSERT_NE(ready, nullptr);
  EXPECT_EQ(ready->reason, "Terminating");
  EXPECT_NE(ready->message.find("a, b"), std::string::npos);
}

TEST(PlanVolume, SaysWhatIsWrongWithIt) {
  struct Row {
    VolumeObjectFacts facts;
    const char* reason;
  };
  for (const Row& row : {Row{{.now = kNow}, "Usable"},
                         Row{{.secret_found = false, .now = kNow}, "CredentialsNotFound"},
                         Row{{.secret_problem = "x", .now = kNow}, "InvalidCredentials"}}) {
    const VolumePlan plan = PlanVolume(Bucket(false), row.facts);
    EXPECT_EQ(ctrl::FindCondition(plan.status.conditions, "Ready")->reason, row.reason);
  }
}

TEST(MayUse, ASandboxMadeAfterTheVolumeWasDeletedMayNot) {
  api::v1::Sandbox sandbox;
  sandbox.metadata.creation_timestamp = kNow;
  EXPECT_TRUE(MayUse(sandbox, Bucket(false)));
  EXPECT_TRUE(MayUse(sandbox, Bucket(true))) << "of the same second: perhaps before";
  sandbox.metadata.creation_timestamp = kNow + seconds(1);
  EXPECT_FALSE(MayUse(sandbox, Bucket(true)));
}

}  // namespace
}  // namespace osbx::reconcilers
