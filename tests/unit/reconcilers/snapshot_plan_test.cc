// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/snapshot/snapshot_plan.h"

#include <functional>

#include <gtest/gtest.h>

#include "ctrl/conditions.h"

namespace osbx::reconcilers {
namespace {

using std::chrono::seconds;

const Time kNow{seconds(1'800'000'000)};

struct Case {
  const char* says;
  std::function<void(api::v1::Snapshot&, SnapshotFacts&)> change;
  SnapshotStep step;
  const char* phase;
  const char* reason;
};

void Committing(api::v1::Snapshot& snapshot) {
  snapshot.status.phase = "Creating";
  snapshot.status.reason = "Committing";
}

TEST(PlanSnapshot, Table) {
  const SnapshotImage ours{.id = "sha256:1", .size_bytes = 5, .ours = true};
  const std::vector<Case> cases = {
      {"intent is recorded first", [](auto&, auto&) {}, SnapshotStep::kNone, "Creating",
       "Accepted"},
      {"then the commit starts",
       [](auto& s, auto&) { s.status.phase = "Creating", s.status.reason = "Accepted"; },
       SnapshotStep::kCommit, "Creating", "Committing"},
      {"one commit at a time", [](auto& s, auto& f) { Committing(s), f.busy = true; },
       SnapshotStep::kNone, "Creating", "Committing"},
      {"the image makes it ready, also after a restart",
       [&](auto& s, auto& f) { Committing(s), f.image = ours; }, SnapshotStep::kNone, "Ready",
       "Ready"},
      {"an image that is not ours does not",
       [&](auto& s, auto& f) { Committing(s), f.image = ours, f.image->ours = false; },
       SnapshotStep::kNone, "Failed", "Interrupted"},
      {"a commit that was cut off is not repeated", [](auto& s, auto&) { Committing(s); },
       SnapshotStep::kNone, "Failed", "Interrupted"},
      {"a failed commit says why", [](auto& s, auto& f) { Committing(s), f.failure = "no space"; },
       SnapshotStep::kNone, "Failed", "CommitFailed"},
      {"no sandbox", [](auto&, auto& f) { f.source_exists = false; }, SnapshotStep::kNone, "Failed",
       "SandboxNotFound"},
      {"a sandbox that has ended", [](auto&, auto& f) { f.source_live = false; },
       SnapshotStep::kNone, "Failed", "SandboxNotRunning"},
      {"an unknown engine is waited for",
       [](auto& s, auto& f) { Committing(s), f.engine_known = false; }, SnapshotStep::kNone,
       "Creating", "Committing"},
      {"deletion waits for its users",
       [&](auto& s, auto& f) {
         s.metadata.deletion_timestamp = kNow;
         f.image = ours;
         f.users = {"a"};
       },
       SnapshotStep::kNone, "Deleting", "InUse"},
      {"then the image goes",
       [&](auto& s, auto& f) { s.metadata.deletion_timestamp = kNow, f.image = ours; },
       SnapshotStep::kRemoveImage, "Deleting", "Deleting"},
      {"then the record", [](auto& s, auto&) { s.metadata.deletion_timestamp = kNow; },
       SnapshotStep::kRelease, "Deleting", "Deleting"},
      {"I7: an image that is not ours stays",
       [&](auto& s, auto& f) {
         s.metadata.deletion_timestamp = kNow;
         f.image = ours;
         f.image->ours = false;
       },
       SnapshotStep::kRelease, "Deleting", "Deleting"},
      {"it expires",
       [](auto& s, auto&) {
         s.status.phase = "Ready", s.status.reason = "Ready", s.spec.ttl_seconds = 5;
       },
       SnapshotStep::kDelete, "Ready", "Ready"},
      {"but not while used",
       [](auto& s, auto& f) {
         s.status.phase = "Ready", s.status.reason = "Ready", s.spec.ttl_seconds = 5;
         f.users = {"a"};
       },
       SnapshotStep::kNone, "Ready", "Ready"},
  };
  for (const Case& c : cases) {
    api::v1::Snapshot snapshot;
    snapshot.metadata.uid = "u";
    snapshot.metadata.creation_timestamp = kNow - seconds(10);
    SnapshotFacts facts;
    facts.engine_known = facts.source_exists = facts.source_live = true;
    facts.now = kNow;
    c.change(snapshot, facts);
    const SnapshotPlan plan = PlanSnapshot(snapshot, facts);
    EXPECT_EQ(plan.step, c.step) << c.says;
    EXPECT_EQ(plan.status.phase, c.phase) << c.says;
    EXPECT_EQ(plan.status.reason, c.reason) << c.says;
    EXPECT_EQ(plan.status.user_count, facts.users.size()) << c.says;
  }
}

TEST(PlanSnapshot, DepthCountsTheSnapshotsBelow) {
  SnapshotFacts facts;
  facts.engine_known = facts.source_exists = facts.source_live = true;
  facts.source_depth = 2;
  EXPECT_EQ(PlanSnapshot({}, facts).status.depth, 3);
}

}  // namespace
}  // namespace osbx::reconcilers
