// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/sandbox/sandbox_plan.h"

#include <gtest/gtest.h>

#include "ctrl/conditions.h"

namespace osbx::reconcilers {
namespace {

using api::v1::Sandbox;
using State = ContainerFacts::State;
using std::chrono::seconds;

const Time kNow{seconds(1'800'000'000)};

Sandbox Fresh() {
  Sandbox sandbox;
  sandbox.metadata.name = "a";
  sandbox.metadata.generation = 1;
  sandbox.metadata.creation_timestamp = kNow;
  sandbox.spec.image = "img";
  return sandbox;
}

Sandbox Running() {
  Sandbox sandbox = Fresh();
  sandbox.status.phase = "Running";
  sandbox.status.container_id = "c1";
  sandbox.status.started_at = kNow - seconds(5);
  sandbox.status.observed_generation = 1;
  return sandbox;
}

SandboxFacts Facts() {
  SandboxFacts facts;
  facts.engine_known = true;
  facts.now = kNow;
  return facts;
}

ContainerFacts Container(State state) {
  return {.id = "c1",
          .state = state,
          .detailed = true,
          .ip = "10.0.0.2",
          .started_at = kNow - seconds(5)};
}

SandboxFacts With(ContainerFacts container) {
  SandboxFacts facts = Facts();
  facts.container = std::move(container);
  return facts;
}

SandboxFacts Exited(int code, bool from_outside = false) {
  ContainerFacts container = Container(State::kExited);
  container.exit_code = code;
  container.finished_at = kNow - seconds(2);
  container.ended_from_outside = from_outside;
  return With(container);
}

VolumeFacts OssVolume(VolumeFacts::State state) {
  return {.name = "v",
          .state = state,
          .mount = "m1",
          .source = "/mnt/x",
          .reason = "BucketNotFound",
          .message = "no bucket"};
}

// As the reconciler does: the status is stored and the plan made again until it asks for a step or
// says nothing new.
SandboxPlan Settle(Sandbox sandbox, const SandboxFacts& facts) {
  SandboxPlan plan = PlanSandbox(sandbox, facts);
  for (int i = 0; i < 5 && plan.step == SandboxStep::kNone && plan.status != sandbox.status; ++i) {
    sandbox.status = plan.status;
    plan = PlanSandbox(sandbox, facts);
  }
  return plan;
}

TEST(PlanSandbox, AFreshSandboxIsStarted) {
  const SandboxPlan plan = PlanSandbox(Fresh(), Facts());
  EXPECT_EQ(plan.step, SandboxStep::kStart);
  EXPECT_EQ(plan.status.phase, "Pending");
}

TEST(PlanSandbox, ARunningContainerMakesItReadyAndThenNothingChanges) {
  const SandboxFacts facts = With(Container(State::kRunning));
  const SandboxPlan plan = PlanSandbox(Fresh(), facts);
  EXPECT_EQ(plan.step, SandboxStep::kNone);
  EXPECT_EQ(plan.status.phase, "Running");
  EXPECT_EQ(plan.status.container_id, "c1");
  EXPECT_TRUE(ctrl::ConditionTrue(plan.status.conditions, "Ready"));
  Sandbox written = Fresh();
  written.status = plan.status;
  SandboxFacts later = facts;
  later.now += seconds(60);
  later.container->detailed = false;
  EXPECT_EQ(PlanSandbox(written, later).status, plan.status);
  EXPECT_EQ(PlanSandbox(written, later).step, SandboxStep::kNone);
}

TEST(PlanSandbox, WhileItsOperationRunsNothingIsStarted) {
  for (SandboxFacts facts : {Facts(), With(Container(State::kRunning)), Exited(1)}) {
    facts.busy = true;
    EXPECT_EQ(PlanSandbox(Fresh(), facts).step, SandboxStep::kNone);
  }
}

TEST(PlanSandbox, AnUnknownEngineMeansLookingNotActing) {
  SandboxFacts facts = Facts();
  facts.engine_known = false;
  SandboxPlan plan = PlanSandbox(Running(), facts);
  EXPECT_EQ(plan.step, SandboxStep::kNone);
  EXPECT_EQ(plan.status.phase, "Running");
  EXPECT_EQ(ctrl::FindCondition(plan.status.conditions, "Ready"), nullptr)
      << "a restart of osbxd is no news";
  facts.engine_silence = seconds(6);
  plan = PlanSandbox(Running(), facts);
  EXPECT_EQ(ctrl::FindCondition(plan.status.conditions, "Ready")->status, "Unknown");
}

TEST(PlanSandbox, TheEndOfTheProcessIsKeptByPolicy) {
  struct Row {
    const char* policy;
    int code;
    const char* phase;
    bool restarts;
  };
  for (const Row& row :
       {Row{"Never", 0, "Succeeded", false}, Row{"Never", 3, "Failed", false},
        Row{"OnFailure", 0, "Succeeded", false}, Row{"OnFailure", 3, "Pending", true},
        Row{"Always", 0, "Pending", true}, Row{"Always", 3, "Pending", true}}) {
    Sandbox sandbox = Running();
    sandbox.spec.restart_policy = row.policy;
    const SandboxPlan plan = Settle(sandbox, Exited(row.code));
    EXPECT_EQ(plan.status.phase, row.phase) << row.policy << row.code;
    EXPECT_EQ(plan.step == SandboxStep::kStart, row.restarts) << row.policy << row.code;
    EXPECT_EQ(plan.status.last_termination->exit_code, row.code);
    EXPECT_EQ(plan.status.restart_count.value_or(0), row.restarts ? 1 : 0) << "counted once";
  }
}

TEST(PlanSandbox, AFinishedSandboxStaysFinished) {
  Sandbox sandbox = Running();
  sandbox.status = PlanSandbox(sandbox, Exited(0)).status;
  EXPECT_EQ(PlanSandbox(sandbox, Facts()).step, SandboxStep::kNone)
      << "also when its container is gone";
  EXPECT_EQ(PlanSandbox(sandbox, Facts()).status.phase, "Succeeded");
}

TEST(PlanSandbox, AStopFromOutsideIsRepairedWhateverThePolicy) {
  const SandboxPlan plan = Settle(Running(), Exited(137, true));
  EXPECT_EQ(plan.step, SandboxStep::kStart);
  EXPECT_EQ(plan.status.last_termination->reason, "StoppedFromOutside");
}

TEST(PlanSandbox, AnOutOfMemoryKillIsItsOwnEnd) {
  SandboxFacts facts = Exited(137);
  facts.container->oom_killed = true;
  const SandboxPlan plan = Settle(Running(), facts);
  EXPECT_EQ(plan.status.phase, "Failed");
  EXPECT_EQ(plan.status.reason, "OOMKilled");
}

TEST(PlanSandbox, ARemovedContainerIsMadeAnew) {
  const SandboxPlan plan = PlanSandbox(Running(), Facts());
  EXPECT_EQ(plan.step, SandboxStep::kStart);
  EXPECT_EQ(plan.status.container_id, "");
  EXPECT_EQ(plan.status.last_termination->reason, "ContainerRemoved");
  EXPECT_EQ(plan.status.restart_count, 1);
}

TEST(PlanSandbox, RestartsPauseLongerEachTime) {
  EXPECT_EQ(RestartDelay(1), Duration(seconds(1)));
  EXPECT_EQ(RestartDelay(2), Duration(seconds(2)));
  EXPECT_EQ(RestartDelay(5), Duration(seconds(16)));
  EXPECT_EQ(RestartDelay(1000), Duration(seconds(300)));
  Sandbox sandbox = Running();
  sandbox.spec.restart_policy = "Always";
  sandbox.status.restart_count = 4;
  const SandboxPlan plan = Settle(sandbox, Exited(1));
  EXPECT_EQ(plan.step, SandboxStep::kNone);
  EXPECT_EQ(plan.status.reason, "CrashLoopBackOff");
  EXPECT_EQ(plan.recheck, Duration(seconds(14)));
}

TEST(PlanSandbox, I12_NothingStartsBeforeEveryVolumeIsReady) {
  for (const auto state : {VolumeFacts::State::kPending, VolumeFacts::State::kFailed}) {
    SandboxFacts facts = Facts();
    facts.volumes = {OssVolume(state)};
    const SandboxPlan plan = Settle(Fresh(), facts);
    EXPECT_EQ(plan.step, SandboxStep::kNone);
    EXPECT_EQ(plan.status.phase, "Pending");
    EXPECT_EQ(plan.status.message, "volume v: no bucket");
    EXPECT_EQ(ctrl::FindCondition(plan.status.conditions, "VolumesReady")->reason,
              "BucketNotFound");
  }
  Sandbox restarting = Running();
  restarting.spec.restart_policy = "Always";
  SandboxFacts facts = Exited(1);
  facts.volumes = {OssVolume(VolumeFacts::State::kPending)};
  EXPECT_EQ(Settle(restarting, facts).step, SandboxStep::kNone) << "restarts wait as well";
}

TEST(PlanSandbox, I2_AMountIsNamedInTheStoreBeforeItIsMadeOrUsed) {
  SandboxFacts facts = Facts();
  facts.volumes = {OssVolume(VolumeFacts::State::kPending)};
  facts.mounts_missing = true;
  Sandbox sandbox = Fresh();
  SandboxPlan plan = PlanSandbox(sandbox, facts);
  EXPECT_EQ(plan.step, SandboxStep::kNone);
  ASSERT_EQ(plan.status.volumes.size(), 1U);
  EXPECT_EQ(plan.status.volumes[0].mount, "m1");
  sandbox.status = plan.status;
  EXPECT_EQ(PlanSandbox(sandbox, facts).step, SandboxStep::kCreateMounts);

  facts.mounts_missing = false;
  facts.volumes = {OssVolume(VolumeFacts::State::kReady)};
  EXPECT_EQ(PlanSandbox(Fresh(), facts).step, SandboxStep::kNone)
      << "not even when it is already mounted";
  EXPECT_EQ(Settle(Fresh(), facts).step, SandboxStep::kStart);
}

TEST(PlanSandbox, FailFastGivesUpAndLetsGoOfItsMounts) {
  Sandbox sandbox = Fresh();
  sandbox.spec.start_policy = "FailFast";
  SandboxFacts facts = Facts();
  facts.volumes = {OssVolume(VolumeFacts::State::kFailed)};
  facts.volumes[0].terminal = true;
  const SandboxPlan plan = Settle(sandbox, facts);
  EXPECT_EQ(plan.status.phase, "Failed");
  EXPECT_EQ(plan.status.reason, "BucketNotFound") << "programs read the word";
  EXPECT_EQ(plan.status.message, "no bucket");
  EXPECT_TRUE(plan.status.gave_up.value_or(false));
  EXPECT_EQ(plan.status.volumes[0].mount, "");
  EXPECT_EQ(plan.step, SandboxStep::kNone);

  sandbox.status = plan.status;
  facts.container = Container(State::kCreated);
  EXPECT_EQ(PlanSandbox(sandbox, facts).step, SandboxStep::kRemove) << "what was made goes again";
}

TEST(PlanSandbox, RetryKeepsTryingAfterItsPause) {
  SandboxFacts facts = Facts();
  facts.failure = FailedOperation{
      .reason = "StartFailed", .message = "no", .terminal = true, .retry = MonoTime{} + seconds(3)};
  SandboxPlan plan = Settle(Fresh(), facts);
  EXPECT_EQ(plan.step, SandboxStep::kNone);
  EXPECT_EQ(plan.recheck, Duration(seconds(3)));
  EXPECT_EQ(plan.status.reason, "StartFailed");
  facts.mono += seconds(3);
  EXPECT_EQ(PlanSandbox(Fresh(), facts).step, SandboxStep::kStart);
}

TEST(PlanSandbox, AMissingImageIsPulled) {
  SandboxFacts facts = Facts();
  facts.image_wanted = true;
  EXPECT_EQ(PlanSandbox(Fresh(), facts).step, SandboxStep::kPullImage);
  facts.pulling = true;
  EXPECT_EQ(PlanSandbox(Fresh(), facts).step, SandboxStep::kNone);
  EXPECT_EQ(PlanSandbox(Fresh(), facts).status.reason, "PullingImage");
}

TEST(PlanSandbox, AClosedNodeTakesNoNewSandboxesAndKeepsTheOldOnes) {
  SandboxFacts facts = Facts();
  facts.unschedulable = true;
  EXPECT_EQ(PlanSandbox(Fresh(), facts).step, SandboxStep::kNone);
  EXPECT_EQ(Settle(Running(),
                   [] {
                     SandboxFacts exited = Exited(137, true);
                     exited.unschedulable = true;
                     return exited;
                   }())
                .step,
            SandboxStep::kStart);
}

TEST(PlanSandbox, LimitsAreLookedAtAndBroughtBackWhoeverChangedThem) {
  using Limits = ContainerFacts::Limits;
  SandboxFacts facts = With(Container(State::kRunning));
  for (const auto& [limits, step] : {std::pair{Limits::kUnknown, SandboxStep::kInspect},
                                     std::pair{Limits::kDiffer, SandboxStep::kUpdateLimits},
                                     std::pair{Limits::kAsWanted, SandboxStep::kNone}}) {
    facts.container->limits = limits;
    EXPECT_EQ(PlanSandbox(Running(), facts).step, step);
  }
}

TEST(PlanSandbox, RefusedLimitsAreForgivenOnceTheyAreApplied) {
  Sandbox sandbox = Running();
  ctrl::SetCondition(sandbox.status.conditions, kLimitsApplied, "False", "LimitsRefused", "", kNow);
  const SandboxPlan plan = PlanSandbox(sandbox, With(Container(State::kRunning)));
  EXPECT_TRUE(ctrl::ConditionTrue(plan.status.conditions, kLimitsApplied));
}

TEST(PlanSandbox, AFailureIsSaidInTheConditionOfWhatItIsAbout) {
  for (const auto& [reason, type] :
       {std::pair{"ImagePullFailed", "ImageReady"}, std::pair{"ImageNotFound", "ImageReady"},
        std::pair{"ImagePullDenied", "ImageReady"}, std::pair{"HostPathRefused", "VolumesReady"},
        std::pair{"PvcFailed", "VolumesReady"}}) {
    SandboxFacts facts = Facts();
    facts.failure = FailedOperation{.reason = reason, .message = "why"};
    const SandboxPlan plan = PlanSandbox(Fresh(), facts);
    const auto* condition = ctrl::FindCondition(plan.status.conditions, type);
    ASSERT_NE(condition, nullptr) << reason;
    EXPECT_EQ(condition->status, "False") << reason;
    EXPECT_EQ(condition->reason, reason);
  }
}

TEST(PlanSandbox, AMountObjectThatARunningContainerLostIsMadeAgain) {
  for (const auto state : {State::kRunning, State::kPaused}) {
    Sandbox sandbox = Running();
    sandbox.spec.paused = state == State::kPaused;
    SandboxFacts facts = With(Container(state));
    facts.volumes = {OssVolume(VolumeFacts::State::kPending)};
    facts.mounts_missing = true;
    const SandboxPlan unnamed = PlanSandbox(sandbox, facts);
    EXPECT_EQ(unnamed.step, SandboxStep::kNone) << "named in the stored status first (I2)";
    EXPECT_EQ(unnamed.recheck, Duration::zero());
    sandbox.status = unnamed.status;
    EXPECT_EQ(PlanSandbox(sandbox, facts).step, SandboxStep::kCreateMounts);
    facts.mounts_missing = false;
    EXPECT_EQ(PlanSandbox(sandbox, facts).step, SandboxStep::kNone);
  }
}

TEST(PlanSandbox, AProcessThatEndsAtOnceAgainAndAgainIsNotTakenForAStableOne) {
  Sandbox sandbox = Running();
  sandbox.spec.restart_policy = "Always";
  sandbox.status.phase = "Pending";
  sandbox.status.started_at = kNow - std::chrono::hours(1);  // the last start that was seen
  sandbox.status.restart_count = 7;
  EXPECT_EQ(PlanSandbox(sandbox, Exited(1)).status.restart_count, 8);
}

TEST(PlanSandbox, DeletionRemovesTheContainerThenTheRecord) {
  Sandbox sandbox = Running();
  sandbox.metadata.deletion_timestamp = kNow;
  EXPECT_EQ(PlanSandbox(sandbox, With(Container(State::kRunning))).step, SandboxStep::kRemove);
  EXPECT_EQ(PlanSandbox(sandbox, With(Container(State::kRunning))).status.phase, "Terminating");
  EXPECT_EQ(PlanSandbox(sandbox, Facts()).step, SandboxStep::kRelease);
  SandboxFacts unknown = Facts();
  unknown.engine_known = false;
  EXPECT_EQ(PlanSandbox(sandbox, unknown).step, SandboxStep::kNone) << "a container may be there";
}

TEST(PlanSandbox, AMountThatIsProvenAgainAfterARestartOfOsbxdIsNoNews) {
  SandboxFacts facts = With(Container(State::kRunning));
  facts.volumes = {OssVolume(VolumeFacts::State::kReady)};
  Sandbox sandbox = Running();
  sandbox.status = Settle(sandbox, facts).status;
  facts.volumes[0].state = VolumeFacts::State::kPending;
  facts.volumes[0].reproving = true;
  EXPECT_EQ(PlanSandbox(sandbox, facts).status, sandbox.status);

  sandbox.spec.restart_policy = "Always";
  SandboxFacts ended = Exited(1);
  ended.volumes = facts.volumes;
  EXPECT_EQ(Settle(sandbox, ended).step, SandboxStep::kNone) << "I12: nothing starts on it yet";
}

TEST(PlanSandbox, AReplacedMountIsSaidAndPutRightBeforeAnythingElse) {
  Sandbox sandbox = Running();
  sandbox.spec.paused = true;
  SandboxFacts facts = With(Container(State::kRunning));
  facts.volumes = {OssVolume(VolumeFacts::State::kReady)};
  facts.volumes[0].replaced = true;
  SandboxPlan plan = PlanSandbox(sandbox, facts);
  EXPECT_EQ(ctrl::FindCondition(plan.status.conditions, "Ready")->reason, "MountReplaced");
  EXPECT_EQ(plan.step, SandboxStep::kReplaceMounts);
  facts.busy = true;
  EXPECT_EQ(PlanSandbox(sandbox, facts).step, SandboxStep::kNone);
}

TEST(PlanSandbox, ALostMountIsSaidWhileItIsMadeAnew) {
  SandboxFacts facts = With(Container(State::kRunning));
  facts.volumes = {OssVolume(VolumeFacts::State::kPending)};
  EXPECT_EQ(ctrl::FindCondition(PlanSandbox(Running(), facts).status.conditions, "Ready")->status,
            "True")
      << "looked at again after a restart of osbxd";
  facts.volumes[0].lost = true;
  const SandboxPlan plan = PlanSandbox(Running(), facts);
  EXPECT_EQ(ctrl::FindCondition(plan.status.conditions, "Ready")->reason, "MountLost");
  EXPECT_EQ(plan.step, SandboxStep::kNone) << "nothing to do in the container yet";
}

TEST(PlanSandbox, PausedIsKeptAsTheSpecSays) {
  struct Row {
    const char* name;
    bool paused;
    State state;
    SandboxStep step;
    const char* phase;
  };
  for (const Row& row : {
           Row{"freezes", true, State::kRunning, SandboxStep::kPause, "Running"},
           Row{"stays frozen", true, State::kPaused, SandboxStep::kNone, "Paused"},
           Row{"thaws, also what somebody else froze", false, State::kPaused, SandboxStep::kUnpause,
               "Paused"},
           Row{"stays running", false, State::kRunning, SandboxStep::kNone, "Running"},
           Row{"starts first", true, State::kCreated, SandboxStep::kStart, "Pending"},
       }) {
    Sandbox sandbox = Running();
    sandbox.spec.paused = row.paused;
    const SandboxPlan plan = PlanSandbox(sandbox, With(Container(row.state)));
    EXPECT_EQ(plan.step, row.step) << row.name;
    EXPECT_EQ(plan.status.phase, row.phase) << row.name;
  }
}

TEST(PlanSandbox, APausedSandboxIsRemovedAndTakesNewLimits) {
  Sandbox sandbox = Running();
  sandbox.spec.paused = true;
  SandboxFacts facts = With(Container(State::kPaused));
  facts.container->limits = ContainerFacts::Limits::kDiffer;
  EXPECT_EQ(PlanSandbox(sandbox, facts).step, SandboxStep::kUpdateLimits);
  sandbox.spec.paused = false;
  EXPECT_EQ(PlanSandbox(sandbox, facts).step, SandboxStep::kUnpause)
      << "limits that the engine refuses keep nobody frozen";
  sandbox.metadata.deletion_timestamp = kNow;
  EXPECT_EQ(PlanSandbox(sandbox, With(Container(State::kPaused))).step, SandboxStep::kRemove);
}

TEST(PlanSandbox, TheEndOfAPausedContainerIsNotTakenForAnEarlierOne) {
  Sandbox sandbox = Running();
  sandbox.status.phase = "Paused";
  sandbox.status.last_termination = api::v1::Termination{
      .exit_code = 0, .reason = "Completed", .message = "", .finished_at = kNow - seconds(99)};
  SandboxFacts facts = Exited(137, true);
  facts.container->detailed = false;
  EXPECT_EQ(PlanSandbox(sandbox, facts).step, SandboxStep::kInspect);
}

TEST(PlanSandbox, PhaseSinceMovesWithThePhaseAlone) {
  const SandboxFacts facts = With(Container(State::kPaused));
  Sandbox sandbox = Running();
  sandbox.spec.paused = true;
  sandbox.status.phase_since = kNow - seconds(50);
  sandbox.status = PlanSandbox(sandbox, facts).status;
  EXPECT_EQ(sandbox.status.phase_since, kNow);
  SandboxFacts later = facts;
  later.now += seconds(60);
  EXPECT_EQ(PlanSandbox(sandbox, later).status.phase_since, kNow);
}

TEST(PlanSandbox, ASnapshotThatCannotBeUsedIsWaitedForOrGivenUp) {
  SandboxFacts facts = Facts();
  facts.image_problem = "Snapshot s is not ready";
  Sandbox sandbox = Fresh();
  SandboxPlan plan = PlanSandbox(sandbox, facts);
  EXPECT_EQ(plan.step, SandboxStep::kNone);
  EXPECT_EQ(plan.status.phase, "Pending");
  EXPECT_EQ(plan.status.reason, "SnapshotNotReady");
  sandbox.spec.start_policy = "FailFast";
  plan = PlanSandbox(sandbox, facts);
  EXPECT_EQ(plan.status.phase, "Failed");
  EXPECT_EQ(plan.status.reason, "SnapshotNotReady");
  EXPECT_EQ(PlanSandbox(Running(),
                        [&] {
                          SandboxFacts running = With(Container(State::kRunning));
                          running.image_problem = facts.image_problem;
                          return running;
                        }())
                .status.phase,
            "Running");
}

TEST(PlanSandbox, SaysWhatItWasMadeOfAndWhereItIsReached) {
  SandboxFacts facts = With(Container(State::kRunning));
  facts.container->image_id = "sha256:1";
  facts.container->endpoints = {{.container_port = 8080, .host_port = 40001, .host_ip = "0.0.0.0"}};
  Sandbox sandbox = Fresh();
  sandbox.status = PlanSandbox(sandbox, facts).status;
  ASSERT_TRUE(sandbox.status.image.has_value());
  EXPECT_EQ(sandbox.status.image->uri, "img");
  EXPECT_EQ(sandbox.status.image->id, "sha256:1");
  ASSERT_EQ(sandbox.status.endpoints.size(), 1U);
  EXPECT_EQ(sandbox.status.endpoints[0].host_port, 40001);
  facts.container->endpoints[0].host_port = 40002;  // restarted by somebody
  EXPECT_EQ(PlanSandbox(sandbox, facts).status.endpoints[0].host_port, 40002);
  EXPECT_TRUE(PlanSandbox(sandbox, Exited(0)).status.endpoints.empty());
  EXPECT_TRUE(PlanSandbox(sandbox, Facts()).status.endpoints.empty()) << "removed by somebody";
}

TEST(PlanSandbox, FailFastGivesUpOnASilentExecdAndLeavesNothing) {
  SandboxFacts facts = With(Container(State::kRunning));
  facts.failure =
      FailedOperation{.reason = "ExecdSilent", .message = "no answer", .terminal = true};
  Sandbox sandbox = Fresh();
  EXPECT_EQ(PlanSandbox(sandbox, facts).step, SandboxStep::kStart) << "Retry asks again";
  sandbox.spec.start_policy = "FailFast";
  sandbox.status = PlanSandbox(sandbox, facts).status;
  EXPECT_EQ(sandbox.status.phase, "Failed");
  EXPECT_EQ(sandbox.status.reason, "ExecdSilent");
  EXPECT_TRUE(sandbox.status.gave_up.value_or(false));
  EXPECT_EQ(PlanSandbox(sandbox, facts).step, SandboxStep::kRemove);
}

TEST(PlanSandbox, AContainerFoundRunningIsProvenBeforeItCounts) {
  SandboxFacts facts = With(Container(State::kRunning));
  facts.unproven = true;
  const SandboxPlan plan = PlanSandbox(Fresh(), facts);
  EXPECT_EQ(plan.step, SandboxStep::kStart);
  EXPECT_EQ(plan.status.phase, "Pending");
  EXPECT_EQ(PlanSandbox(Running(), facts).step, SandboxStep::kNone) << "it was proven before";
  Sandbox thawed = Running();
  thawed.status.phase = "Paused";
  EXPECT_EQ(PlanSandbox(thawed, facts).status.phase, "Running");
}

TEST(PlanSandbox, ItsOwnPullSecretGoesWhenTheImageIsThereOrNobodyWantsIt) {
  SandboxFacts facts = Facts();
  facts.has_own_pull_secret = true;
  EXPECT_EQ(PlanSandbox(Fresh(), facts).step, SandboxStep::kStart) << "still needed";
  facts.container = Container(State::kRunning);
  EXPECT_EQ(PlanSandbox(Running(), facts).step, SandboxStep::kDropPullSecret);
  facts.busy = true;
  EXPECT_EQ(PlanSandbox(Running(), facts).step, SandboxStep::kNone);
  facts = Facts();
  facts.has_own_pull_secret = true;
  Sandbox failed = Fresh();
  failed.status.phase = "Failed";
  failed.status.gave_up = true;
  EXPECT_EQ(PlanSandbox(failed, facts).step, SandboxStep::kDropPullSecret);
}

TEST(PlanSandbox, ARemovalWaitsForItsOwnBackOffAlone) {
  Sandbox sandbox = Running();
  sandbox.metadata.deletion_timestamp = kNow;
  SandboxFacts facts = With(Container(State::kRunning));
  facts.failure =
      FailedOperation{.reason = "StartFailed", .message = "x", .retry = facts.mono + seconds(60)};
  EXPECT_EQ(PlanSandbox(sandbox, facts).step, SandboxStep::kRemove);
  facts.failure->of_removal = true;
  EXPECT_EQ(PlanSandbox(sandbox, facts).step, SandboxStep::kNone);
  EXPECT_EQ(PlanSandbox(sandbox, facts).recheck, Duration(seconds(60)));
}

TEST(ExpiresAt, IsATimeOrCountsFromCreation) {
  Sandbox sandbox = Fresh();
  EXPECT_EQ(ExpiresAt(sandbox), std::nullopt);
  sandbox.spec.timeout_seconds = 60;
  EXPECT_EQ(ExpiresAt(sandbox), kNow + seconds(60));
  sandbox.spec.expires_at = kNow + seconds(5);
  EXPECT_EQ(ExpiresAt(sandbox), kNow + seconds(5));
}

}  // namespace
}  // namespace osbx::reconcilers
