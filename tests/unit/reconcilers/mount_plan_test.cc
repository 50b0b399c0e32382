// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/mount/mount_plan.h"

#include <gtest/gtest.h>

#include "ctrl/conditions.h"

namespace osbx::reconcilers {
namespace {

using api::v1::Mount;
using std::chrono::seconds;

constexpr const char* kRun = "run-2";
const Time kNow{seconds(1'800'000'000)};

// A mount in the middle of its life, and facts that agree with it; each test bends what it is
// about.
Mount Mounted() {
  Mount mount;
  mount.metadata.name = "ossfs-1";
  mount.spec.bucket = "b";
  mount.spec.prefix = "p";
  mount.status.phase = "Mounted";
  mount.status.target = "/mnt/ossfs/b/p";
  mount.status.pid = 7;
  mount.status.pid_start_time = 70;
  mount.status.boot_id = "boot";
  mount.status.proven_by = kRun;
  mount.status.mounted_at = kNow - seconds(60);
  return mount;
}

MountFacts Used() {
  MountFacts facts;
  facts.sandboxes = {"default/a"};
  facts.containers_known = true;
  facts.actual = ActualMount::kServing;
  facts.server = {.pid = 7, .start_time = 70};
  facts.has_credentials = true;
  facts.run = kRun;
  facts.boot_id = "boot";
  facts.grace = seconds(30);
  facts.now = kNow;
  return facts;
}

MountFacts Unused() {
  MountFacts facts = Used();
  facts.sandboxes.clear();
  return facts;
}

Mount Fresh() {
  Mount mount = Mounted();
  mount.status = {};
  return mount;
}

LastOperation Failed(std::string_view name, Duration retry_in) {
  return {.name = std::string(name),
          .ok = false,
          .reason = "BucketNotFound",
          .message = "no such bucket",
          .attempts = 2,
          .retry = MonoTime{} + retry_in};
}

TEST(PlanMount, HealthyAndUsedNeedsNothingAndWritesNothingNew) {
  const Mount mount = Mounted();
  const MountPlan first = PlanMount(mount, Used());
  EXPECT_EQ(first.step, MountStep::kNone);
  EXPECT_EQ(first.status.phase, "Mounted");
  EXPECT_TRUE(ctrl::ConditionTrue(first.status.conditions, "Healthy"));
  Mount written = mount;
  written.status = first.status;
  MountFacts later = Used();
  later.now += seconds(100);
  EXPECT_EQ(PlanMount(written, later).status, first.status) << "a fact repeated changes nothing";
}

TEST(PlanMount, ATargetIsWrittenBeforeAnythingIsMounted) {
  MountFacts facts = Used();
  facts.actual = ActualMount::kAbsent;
  facts.placement = "/mnt/ossfs/b/p";
  const MountPlan plan = PlanMount(Fresh(), facts);
  EXPECT_EQ(plan.step, MountStep::kNone);
  EXPECT_EQ(plan.status.target, "/mnt/ossfs/b/p");
  Mount placed = Fresh();
  placed.status = plan.status;
  EXPECT_EQ(PlanMount(placed, facts).step, MountStep::kMount);
}

TEST(PlanMount, ATargetOnceChosenIsKept) {
  MountFacts facts = Used();
  facts.placement = "/elsewhere";
  EXPECT_EQ(PlanMount(Mounted(), facts).status.target, "/mnt/ossfs/b/p");
}

TEST(PlanMount, WhatIsFoundMountedIsProvenAgainInEachRun) {
  Mount mount = Mounted();
  mount.status.proven_by = "run-1";
  EXPECT_FALSE(ProvenAlive(mount, kRun));
  MountFacts facts = Used();
  MountPlan plan = PlanMount(mount, facts);
  EXPECT_EQ(plan.step, MountStep::kProbe);
  facts.last = LastOperation{.name = std::string(kProbeOp), .ok = true};
  plan = PlanMount(mount, facts);
  EXPECT_EQ(plan.step, MountStep::kNone);
  EXPECT_EQ(plan.status.proven_by, kRun);
  EXPECT_EQ(plan.status.mounted_at, mount.status.mounted_at)
      << "the same server: the time of mounting stays";
}

TEST(PlanMount, ARestartOfOsbxdIsNoNewsWhileTheSameServerRuns) {
  MountFacts facts = Used();
  Mount mount = Mounted();
  mount.status.proven_by = "run-1";
  facts.run = "run-1";
  mount.status = PlanMount(mount, facts).status;
  facts.run = kRun;
  const MountPlan plan = PlanMount(mount, facts);
  EXPECT_EQ(plan.step, MountStep::kProbe);
  EXPECT_EQ(plan.status, mount.status);
  EXPECT_TRUE(ProvenBefore(mount));

  facts.server.start_time = 71;
  EXPECT_EQ(PlanMount(mount, facts).status.phase, "Mounting") << "another server is news";
}

TEST(PlanMount, AMountThatDoesNotAnswerIsReplaced) {
  Mount mount = Mounted();
  mount.status.proven_by = "run-1";
  MountFacts facts = Used();
  facts.last = Failed(kProbeOp, seconds(0));
  EXPECT_EQ(PlanMount(mount, facts).step, MountStep::kMount);
}

TEST(PlanMount, ADeadOrVanishedMountIsMadeAgain) {
  for (const ActualMount actual : {ActualMount::kDead, ActualMount::kAbsent}) {
    MountFacts facts = Used();
    facts.actual = actual;
    const MountPlan plan = PlanMount(Mounted(), facts);
    EXPECT_EQ(plan.step, MountStep::kMount);
    EXPECT_EQ(plan.status.phase, "Mounting");
    EXPECT_EQ(plan.status.proven_by, "") << "nobody may start on it meanwhile";
  }
}

TEST(PlanMount, AForeignMountIsReportedAndLeftAlone) {
  MountFacts facts = Used();
  facts.actual = ActualMount::kForeign;
  const MountPlan plan = PlanMount(Mounted(), facts);
  EXPECT_EQ(plan.step, MountStep::kNone);
  EXPECT_EQ(plan.status.last_reason, "TargetOccupied");
}

TEST(PlanMount, FailuresAreSaidAndRepeatedAfterTheirPause) {
  MountFacts facts = Used();
  facts.actual = ActualMount::kAbsent;
  facts.last = Failed(kMountOp, seconds(5));
  MountPlan plan = PlanMount(Mounted(), facts);
  EXPECT_EQ(plan.step, MountStep::kNone);
  EXPECT_EQ(plan.status.phase, "Failed");
  EXPECT_EQ(plan.status.last_error, "no such bucket");
  EXPECT_EQ(plan.status.attempts, 2);
  EXPECT_EQ(plan.recheck, Duration(seconds(5)));
  facts.mono += seconds(6);
  EXPECT_EQ(PlanMount(Mounted(), facts).step, MountStep::kMount);
}

TEST(PlanMount, WithoutCredentialsNothingIsTried) {
  MountFacts facts = Used();
  facts.actual = ActualMount::kAbsent;
  facts.has_credentials = false;
  const MountPlan plan = PlanMount(Mounted(), facts);
  EXPECT_EQ(plan.step, MountStep::kNone);
  EXPECT_EQ(plan.status.last_reason, "CredentialsNotFound");
}

TEST(PlanMount, NothingIsStartedWhileAnOperationRuns) {
  for (MountFacts facts : {Used(), Unused()}) {
    facts.busy = true;
    facts.actual = ActualMount::kAbsent;
    EXPECT_EQ(PlanMount(Mounted(), facts).step, MountStep::kNone);
  }
}

TEST(PlanMount, I2_AnUnusedMountIsKeptForTheGracePeriod) {
  const MountPlan first = PlanMount(Mounted(), Unused());
  EXPECT_EQ(first.step, MountStep::kNone);
  EXPECT_EQ(first.status.phase, "Mounted");
  EXPECT_EQ(first.status.last_used_at, kNow);
  EXPECT_EQ(first.recheck, Duration(seconds(30)));
  Mount idle = Mounted();
  idle.status = first.status;
  MountFacts facts = Unused();
  facts.now += seconds(29);
  EXPECT_EQ(PlanMount(idle, facts).status.phase, "Mounted");
  facts.now += seconds(1);
  const MountPlan last = PlanMount(idle, facts);
  EXPECT_EQ(last.status.phase, "Unmounting");
  EXPECT_EQ(last.step, MountStep::kNone) << "the intention first";
}

TEST(PlanMount, I2_UsersAreLookedAtAgainBetweenIntentionAndStep) {
  Mount mount = Mounted();
  mount.status.phase = "Unmounting";
  mount.status.last_used_at = kNow - seconds(31);
  EXPECT_EQ(PlanMount(mount, Unused()).step, MountStep::kUnmount);
  const MountPlan back = PlanMount(mount, Used());
  EXPECT_EQ(back.step, MountStep::kNone);
  EXPECT_EQ(back.status.phase, "Mounting");
  EXPECT_FALSE(back.status.last_used_at.has_value());
}

TEST(PlanMount, I2_AContainerWithoutASandboxIsAUserToo) {
  Mount mount = Mounted();
  mount.status.phase = "Unmounting";
  mount.status.last_used_at = kNow - seconds(99);
  MountFacts facts = Unused();
  facts.containers = {"c1"};
  EXPECT_NE(PlanMount(mount, facts).step, MountStep::kUnmount);
}

TEST(PlanMount, I2_NothingIsUnmountedWhileTheEngineIsUnknown) {
  Mount mount = Mounted();
  mount.status.phase = "Unmounting";
  mount.status.last_used_at = kNow - seconds(99);
  mount.metadata.deletion_timestamp = kNow;
  MountFacts facts = Unused();
  facts.containers_known = false;
  EXPECT_EQ(PlanMount(mount, facts).step, MountStep::kNone);
}

TEST(PlanMount, ADeletedMountGoesAtOnceWhenUnusedAndNotBefore) {
  Mount mount = Mounted();
  mount.metadata.deletion_timestamp = kNow;
  EXPECT_EQ(PlanMount(mount, Used()).status.phase, "Mounted");
  EXPECT_EQ(PlanMount(mount, Unused()).status.phase, "Unmounting");
}

TEST(PlanMount, TheRecordGoesLast) {
  Mount mount = Mounted();
  mount.status.phase = "Unmounting";
  mount.status.last_used_at = kNow - seconds(31);
  MountFacts facts = Unused();
  facts.actual = ActualMount::kDead;
  EXPECT_EQ(PlanMount(mount, facts).step, MountStep::kDetachDead);
  facts.actual = ActualMount::kAbsent;
  EXPECT_EQ(PlanMount(mount, facts).step, MountStep::kUnmount)
      << "a server being started, a directory, logs may be there without a mount";
  facts.last = Failed(kUnmountOp, seconds(3));
  EXPECT_EQ(PlanMount(mount, facts).step, MountStep::kNone)
      << "what could not be removed stays known";
  facts.last = LastOperation{.name = std::string(kMountOp), .ok = true};
  EXPECT_EQ(PlanMount(mount, facts).step, MountStep::kUnmount);
  facts.last = LastOperation{.name = std::string(kUnmountOp), .ok = true};
  EXPECT_EQ(PlanMount(mount, facts).step, MountStep::kRelease);
  facts.last.reset();
  facts.actual = ActualMount::kForeign;
  EXPECT_EQ(PlanMount(mount, facts).step, MountStep::kRelease) << "not ours to remove";
}

TEST(PlanMount, ASlowProbeOfTheSameServerMakesItNoOtherMount) {
  Mount mount = Mounted();
  mount.status.proven_by = "run-1";
  MountFacts facts = Used();
  facts.last = Failed(kProbeOp, seconds(0));
  const MountPlan slow = PlanMount(mount, facts);
  EXPECT_EQ(slow.step, MountStep::kMount) << "adopts what answers, replaces what does not";
  EXPECT_EQ(slow.status.proven_by, "");
  EXPECT_EQ(slow.status.mounted_at, mount.status.mounted_at);
  Mount again = mount;
  again.status = slow.status;
  facts.last = LastOperation{.name = std::string(kMountOp), .ok = true};
  EXPECT_EQ(PlanMount(again, facts).status.mounted_at, mount.status.mounted_at)
      << "containers that were started since still have it";
}

TEST(PlanMount, ABusyUnmountIsRepeatedAfterItsPauseAndSaysWhoHoldsIt) {
  Mount mount = Mounted();
  mount.status.phase = "Unmounting";
  mount.status.last_used_at = kNow - seconds(31);
  MountFacts facts = Unused();
  facts.last = Failed(kUnmountOp, seconds(3));
  const MountPlan plan = PlanMount(mount, facts);
  EXPECT_EQ(plan.step, MountStep::kNone);
  EXPECT_EQ(plan.recheck, Duration(seconds(3)));
  EXPECT_EQ(plan.status.last_error, "no such bucket");
}

TEST(PlanMount, AnUnusedMountThatWasNeverMadeIsReleasedNotMade) {
  MountFacts facts = Unused();
  facts.actual = ActualMount::kAbsent;
  Mount mount = Fresh();
  MountPlan plan = PlanMount(mount, facts);
  EXPECT_EQ(plan.status.phase, "Unmounting");
  mount.status = plan.status;
  EXPECT_EQ(PlanMount(mount, facts).step, MountStep::kRelease);
}

}  // namespace
}  // namespace osbx::reconcilers
