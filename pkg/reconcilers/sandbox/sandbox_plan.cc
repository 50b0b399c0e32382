// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/sandbox/sandbox_plan.h"

#include <algorithm>
#include <utility>

#include "base/reason.h"
#include "ctrl/conditions.h"

namespace osbx::reconcilers {
namespace {

using api::v1::Sandbox;
using api::v1::SandboxStatus;
using State = ContainerFacts::State;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kFirstRestartDelay = seconds(1);
constexpr Duration kLongestRestartDelay = minutes(5);
constexpr Duration kSilenceWorthReporting = seconds(5);
constexpr Duration kStableRun =
    minutes(10);  // after which restarts count from the start again, as in Kubernetes

bool IsAboutVolumes(std::string_view word) {
  static constexpr std::string_view kWords[] = {
      reason::kHostPathRefused, reason::kHostPathFailed,        reason::kPvcNotFound,
      reason::kPvcFailed,       reason::kPvcSubPathUnsupported, reason::kSubPathRefused};
  return std::ranges::find(kWords, word) != std::end(kWords);
}

std::string EndReason(const ContainerFacts& container) {
  if (container.oom_killed) return "OOMKilled";
  if (container.ended_from_outside) return "StoppedFromOutside";
  return container.exit_code == 0 ? "Completed" : "Error";
}

// One evaluation; the members are the inputs and the plan under construction.
class Planner {
 public:
  Planner(const Sandbox& sandbox, const SandboxFacts& facts) : sandbox_(sandbox), facts_(facts) {
    plan_.status = sandbox.status;
  }

  SandboxPlan Run() {
    SandboxStatus& status = plan_.status;
    status.observed_generation = sandbox_.metadata.generation;
    status.expires_at = ExpiresAt(sandbox_);
    status.node_name = facts_.node_name;
    Decide();
    if (status.phase != sandbox_.status.phase)
      status.phase_since = std::chrono::floor<seconds>(facts_.now);
    return std::move(plan_);
  }

 private:
  void Decide() {
    if (sandbox_.metadata.deletion_timestamp) return Delete();
    if (!facts_.engine_known) return Uncertain();
    ReportVolumes();
    if (Finished(plan_.status)) {
      StayFinished();
    } else if (facts_.container) {
      WithContainer(*facts_.container);
    } else if (!facts_.busy) {
      NoteLostContainer();
      BringUp();
    }
    DropPullSecret();
  }

  // Kept only while it is needed: there is a container, so there is the image; or none is wanted.
  void DropPullSecret() {
    if (plan_.step != SandboxStep::kNone || facts_.busy || !facts_.has_own_pull_secret) return;
    if (facts_.container || Finished(plan_.status)) plan_.step = SandboxStep::kDropPullSecret;
  }

  // ---- deletion ----

  void Delete() {
    plan_.status.phase = "Terminating";
    Ready("False", "Terminating", "being deleted");
    if (facts_.busy || !facts_.engine_known) return;
    if (facts_.container) {
      return Remove();
    }
    plan_.step = SandboxStep::kRelease;
  }

  // A start that failed a moment ago does not hold a removal back.
  void Remove() {
    plan_.step = SandboxStep::kRemove;
    if (facts_.failure && facts_.failure->of_removal) Backoff();
  }

  // ---- the engine is silent: say so, touch nothing ----

  void Uncertain() {
    if (Finished(plan_.status)) return;
    // A restart of osbxd is no news; silence is.
    if (facts_.engine_silence < kSilenceWorthReporting)
      return Recheck(kSilenceWorthReporting - facts_.engine_silence);
    Ready("Unknown", "DockerUnavailable", "the Docker engine does not answer");
  }

  // ---- finished ----

  void StayFinished() {
    // FailFast removes everything again; otherwise the container stays for its logs until the
    // sandbox is deleted.
    if (sandbox_.spec.start_policy == "FailFast" && plan_.status.gave_up.value_or(false) &&
        facts_.container && !facts_.busy) {
      Remove();
    }
  }

  // ---- a container exists ----

  void WithContainer(const ContainerFacts& container) {
    if (container.id != plan_.status.container_id && !container.detailed &&
        container.state != State::kCreated) {
      plan_.step = SandboxStep::kInspect;
      return;
    }
    switch (container.state) {
      case State::kRunning:
        return Running(container);
      case State::kPaused:
        return Paused(container);
      case State::kRestarting:
        return;
      case State::kCreated:
        if (!facts_.busy) BringUp();
        return;
      case State::kExited:
        return Exited(container);
    }
  }

  void Running(const ContainerFacts& container) {
    SandboxStatus& status = plan_.status;
    if (facts_.busy) return;  // its start is not over: execd has not answered yet
    if (status.phase != "Running" || status.container_id != container.id) {
      if (!container.detailed) {
        plan_.step = SandboxStep::kInspect;
        return;
      }
      TakeContainer(container);
    }
    if (container.detailed) TakeAddresses(container);
    if (facts_.failure) {  // execd has not answered: not ready, and asked again
      if (facts_.failure->terminal && GivesUp(facts_.failure->reason, facts_.failure->message))
        return;
      Pending(facts_.failure->reason, facts_.failure->message);
      if (!Backoff()) plan_.step = SandboxStep::kStart;
      return;
    }
    // Found running by an osbxd that did not see the end of its start.
    if (facts_.unproven && status.phase != "Running" && status.phase != "Paused") {
      Pending("Starting", "");
      plan_.step = SandboxStep::kStart;
      return;
    }
    status.phase = "Running";
    status.reason.clear();
    status.message.clear();
    ctrl::SetCondition(status.conditions, "ImageReady", "True", "Present", sandbox_.spec.image,
                       facts_.now);
    ctrl::SetCondition(status.conditions, "ContainerCreated", "True", "Created", "", facts_.now);
    SayReady();
    if (RestoreMounts()) return;
    if (std::ranges::any_of(facts_.volumes, &VolumeFacts::replaced)) {
      plan_.step = SandboxStep::kReplaceMounts;
    } else if (WantsPause()) {
      plan_.step = SandboxStep::kPause;
    } else {
      KeepLimits(container);
    }
  }

  void TakeContainer(const ContainerFacts& container) {
    SandboxStatus& status = plan_.status;
    status.container_id = container.id;
    status.started_at = container.started_at;
    status.finished_at.reset();
    TakeAddresses(container);
  }

  void TakeAddresses(const ContainerFacts& container) {
    SandboxStatus& status = plan_.status;
    status.ip = container.ip;
    status.endpoints = container.endpoints;
    status.image = api::v1::UsedImage{.uri = sandbox_.spec.image, .id = container.image_id};
  }

  // A Mount object that somebody removed by force is made again: without one nobody keeps the mount
  // that the container uses. True while that comes first.
  bool RestoreMounts() {
    if (!facts_.mounts_missing) return false;
    if (MountsNamed()) {
      plan_.step = SandboxStep::kCreateMounts;
    } else {
      Recheck(Duration::zero());
    }
    return true;
  }

  // Changed in the spec, or by somebody else in the engine.
  void KeepLimits(const ContainerFacts& container) {
    if (container.limits == ContainerFacts::Limits::kUnknown) plan_.step = SandboxStep::kInspect;
    if (container.limits == ContainerFacts::Limits::kDiffer)
      plan_.step = SandboxStep::kUpdateLimits;
    if (container.limits == ContainerFacts::Limits::kAsWanted &&
        ctrl::FindCondition(plan_.status.conditions, kLimitsApplied) != nullptr) {
      ctrl::SetCondition(plan_.status.conditions, kLimitsApplied, "True", "Applied", "",
                         facts_.now);
    }
  }

  // Frozen as wanted, or by somebody else: that is undone.
  void Paused(const ContainerFacts& container) {
    SandboxStatus& status = plan_.status;
    if (facts_.busy) return;
    if (status.container_id != container.id) TakeContainer(container);
    if (container.detailed) TakeAddresses(container);
    status.phase = "Paused";
    status.reason = "Paused";
    status.message.clear();
    Ready("False", "Paused", "the container is paused");
    if (RestoreMounts()) return;
    if (!WantsPause()) {
      plan_.step = SandboxStep::kUnpause;
    } else {
      KeepLimits(container);
    }
  }

  bool WantsPause() const { return sandbox_.spec.paused.value_or(false); }

  // Ready is about the container and about what it sees of its volumes; a volume that is merely
  // being looked at again (after a restart of osbxd) does not make it flap.
  void SayReady() {
    for (const VolumeFacts& volume : facts_.volumes) {
      if (volume.replaced) {
        return Ready("False", "MountReplaced",
                     "volume " + volume.name + ": the container still has the mount from before");
      }
      if (volume.lost) {
        return Ready("False", "MountLost",
                     "volume " + volume.name + ": its mount was lost and is made anew");
      }
      if (volume.state == VolumeFacts::State::kFailed) {
        return Ready("False", volume.reason, "volume " + volume.name + ": " + volume.message);
      }
    }
    Ready("True", "Running", "");
  }

  void Exited(const ContainerFacts& container) {
    SandboxStatus& status = plan_.status;
    if (facts_.busy) return;
    if (!container.detailed && !EndRecorded(container)) {
      plan_.step = SandboxStep::kInspect;
      return;
    }
    status.container_id = container.id;
    status.endpoints.clear();
    status.image = api::v1::UsedImage{.uri = sandbox_.spec.image, .id = container.image_id};
    if (!EndRecorded(container)) RecordEnd(container);
    if (!WantsRestart(container)) return Finish(container);
    Restart();
  }

  bool EndRecorded(const ContainerFacts& container) const {
    const auto& last = plan_.status.last_termination;
    return last && last->finished_at && plan_.status.container_id == container.id &&
           (!container.detailed || container.finished_at == last->finished_at) &&
           plan_.status.phase != "Running" && plan_.status.phase != "Paused";
  }

  void RecordEnd(const ContainerFacts& container) {
    SandboxStatus& status = plan_.status;
    // It may have ended before anybody saw it run.
    if (container.started_at) status.started_at = container.started_at;
    const bool stable = status.started_at && container.finished_at &&
                        *container.finished_at - *status.started_at >= kStableRun;
    status.last_termination = api::v1::Termination{.exit_code = container.exit_code,
                                                   .reason = EndReason(container),
                                                   .message = container.error,
                                                   .finished_at = container.finished_at};
    if (WantsRestart(container))
      status.restart_count = (stable ? 0 : status.restart_count.value_or(0)) + 1;
  }

  bool WantsRestart(const ContainerFacts& container) const {
    const auto& last = plan_.status.last_termination;
    if (container.ended_from_outside || (last && last->reason == "StoppedFromOutside")) return true;
    const int code = last ? last->exit_code.value_or(0) : container.exit_code;
    if (sandbox_.spec.restart_policy == "Always") return true;
    return sandbox_.spec.restart_policy == "OnFailure" && code != 0;
  }

  void Restart() {
    SandboxStatus& status = plan_.status;
    const auto& last = status.last_termination;
    const Duration delay = RestartDelay(status.restart_count.value_or(1));
    const Duration waited = last && last->finished_at ? facts_.now - *last->finished_at : delay;
    if (waited < delay) {
      Pending("CrashLoopBackOff", "ended with code " + std::to_string(last->exit_code.value_or(0)) +
                                      "; restart number " +
                                      std::to_string(status.restart_count.value_or(1)) +
                                      " follows after a pause");
      return Recheck(delay - waited);
    }
    BringUp();
  }

  void Finish(const ContainerFacts& container) {
    SandboxStatus& status = plan_.status;
    const auto& last = status.last_termination;
    const int code = last ? last->exit_code.value_or(0) : container.exit_code;
    status.phase = code == 0 ? "Succeeded" : "Failed";
    status.reason = last ? last->reason : EndReason(container);
    status.message = code == 0 ? "" : "the process ended with code " + std::to_string(code);
    status.finished_at = last ? last->finished_at : container.finished_at;
    Ready("False", status.reason, status.message);
  }

  // ---- no (running) container yet ----

  // A container that was there and is not any more was removed by somebody else.
  void NoteLostContainer() {
    SandboxStatus& status = plan_.status;
    if (status.container_id.empty()) return;
    status.container_id.clear();
    status.ip.clear();
    status.endpoints.clear();
    status.started_at.reset();
    status.restart_count = status.restart_count.value_or(0) + 1;
    status.last_termination = api::v1::Termination{
        .exit_code = std::nullopt,
        .reason = "ContainerRemoved",
        .message = "the container was removed by somebody else; it is made anew",
        .finished_at = std::chrono::floor<seconds>(facts_.now)};
    ctrl::SetCondition(status.conditions, "ContainerCreated", "False", "ContainerRemoved", "",
                       facts_.now);
  }

  // Volumes, then the image, then the container; each missing one is named in the status.
  void BringUp() {
    if (facts_.unschedulable && !facts_.container) {
      return Pending("NodeUnschedulable", "the node takes no new sandboxes");
    }
    if (!facts_.image_problem.empty() && !facts_.container) {
      const std::string why(reason::kSnapshotNotReady);
      if (!GivesUp(why, facts_.image_problem)) Pending(why, facts_.image_problem);
      return;
    }
    for (const VolumeFacts& volume : facts_.volumes) {
      if (volume.state == VolumeFacts::State::kFailed && volume.terminal &&
          GivesUp(volume.reason, volume.message))
        return;
    }
    if (!MountsNamed()) {
      // Committed before any Mount is made or relied on: see mount_plan.h (I2).
      Pending("WaitingForVolumes", VolumeMessage());
      return Recheck(Duration::zero());
    }
    if (facts_.mounts_missing) {
      Pending("WaitingForVolumes", VolumeMessage());
      plan_.step = SandboxStep::kCreateMounts;
      return;
    }
    if (const VolumeFacts* waiting = FirstNotReady())
      return Pending(waiting->reason, VolumeMessage());
    if (facts_.pulling) return Pending("PullingImage", "pulling " + sandbox_.spec.image);
    if (facts_.failure) {
      Blame(*facts_.failure);
      if (facts_.failure->terminal && GivesUp(facts_.failure->reason, facts_.failure->message))
        return;
      Pending(facts_.failure->reason, facts_.failure->message);
      if (Backoff()) return;
    }
    if (facts_.image_wanted) {
      Pending("PullingImage", "pulling " + sandbox_.spec.image);
      plan_.step = SandboxStep::kPullImage;
      return;
    }
    if (!facts_.failure) Pending("Starting", "");
    plan_.step = SandboxStep::kStart;
  }

  // The stored status names every mount that the volumes need.
  bool MountsNamed() const {
    return std::ranges::all_of(facts_.volumes, [this](const VolumeFacts& volume) {
      return volume.mount.empty() ||
             std::ranges::any_of(sandbox_.status.volumes, [&volume](const auto& stored) {
               return stored.name == volume.name && stored.mount == volume.mount;
             });
    });
  }

  bool GivesUp(const std::string& reason, const std::string& message) {
    if (sandbox_.spec.start_policy != "FailFast") return false;
    SandboxStatus& status = plan_.status;
    status.phase = "Failed";
    status.reason = reason;
    status.message = message;
    status.gave_up = true;
    status.finished_at = std::chrono::floor<seconds>(facts_.now);
    status.endpoints.clear();
    for (auto& volume : status.volumes) volume.mount.clear();  // no longer a user of any mount
    Ready("False", reason, message);
    return true;
  }

  // The condition of what the failed operation was about.
  void Blame(const FailedOperation& failure) {
    const char* type = nullptr;
    if (failure.reason.starts_with("Image")) type = "ImageReady";
    if (IsAboutVolumes(failure.reason)) type = "VolumesReady";
    if (type == nullptr) return;
    ctrl::SetCondition(plan_.status.conditions, type, "False", failure.reason, failure.message,
                       facts_.now);
  }

  // True while a failed operation may not be repeated yet.
  bool Backoff() {
    if (!facts_.failure || !facts_.failure->retry || *facts_.failure->retry <= facts_.mono)
      return false;
    Recheck(*facts_.failure->retry - facts_.mono);
    plan_.step = SandboxStep::kNone;
    return true;
  }

  // ---- status ----

  void ReportVolumes() {
    SandboxStatus& status = plan_.status;
    if (status.gave_up.value_or(false)) return;
    status.volumes.clear();
    const VolumeFacts* waiting = nullptr;
    for (const VolumeFacts& volume : facts_.volumes) {
      static constexpr std::string_view kNames[] = {"Pending", "Ready", "Failed"};
      const bool ready = volume.state == VolumeFacts::State::kReady || volume.reproving;
      const auto state = ready ? VolumeFacts::State::kReady : volume.state;
      status.volumes.push_back({.name = volume.name,
                                .state = std::string(kNames[static_cast<std::size_t>(state)]),
                                .mount = volume.mount,
                                .source = volume.source,
                                .reason = ready ? "" : volume.reason,
                                .message = ready ? "" : volume.message});
      if (!ready && waiting == nullptr) waiting = &volume;
    }
    ctrl::SetCondition(status.conditions, "VolumesReady", waiting == nullptr ? "True" : "False",
                       waiting == nullptr ? "Ready" : waiting->reason,
                       waiting == nullptr ? "" : VolumeMessage(), facts_.now);
  }

  const VolumeFacts* FirstNotReady() const {
    const auto found = std::ranges::find_if(facts_.volumes, [](const VolumeFacts& volume) {
      return volume.state != VolumeFacts::State::kReady;
    });
    return found == facts_.volumes.end() ? nullptr : &*found;
  }

  std::string VolumeMessage() const {
    std::string message;
    for (const VolumeFacts& volume : facts_.volumes) {
      if (volume.state == VolumeFacts::State::kReady) continue;
      if (!message.empty()) message += "; ";
      message += "volume " + volume.name + ": " + volume.message;
    }
    return message;
  }

  void Pending(const std::string& reason, const std::string& message) {
    plan_.status.phase = "Pending";
    plan_.status.reason = reason;
    plan_.status.message = message;
    Ready("False", reason, message);
  }

  void Ready(std::string_view value, const std::string& reason, const std::string& message) {
    ctrl::SetCondition(plan_.status.conditions, "Ready", value, reason, message, facts_.now);
  }

  void Recheck(Duration after) {
    if (!plan_.recheck || after < *plan_.recheck) plan_.recheck = after;
  }

  const Sandbox& sandbox_;
  const SandboxFacts& facts_;
  SandboxPlan plan_;
};

}  // namespace

SandboxPlan PlanSandbox(const Sandbox& sandbox, const SandboxFacts& facts) {
  return Planner(sandbox, facts).Run();
}

std::optional<Time> ExpiresAt(const Sandbox& sandbox) {
  if (sandbox.spec.expires_at) return sandbox.spec.expires_at;
  if (sandbox.spec.timeout_seconds && sandbox.metadata.creation_timestamp) {
    return *sandbox.metadata.creation_timestamp + seconds(*sandbox.spec.timeout_seconds);
  }
  return std::nullopt;
}

Duration RestartDelay(int restarts) {
  const int doublings = std::clamp(restarts - 1, 0, 16);
  return std::min(kFirstRestartDelay * (1 << doublings), kLongestRestartDelay);
}

bool Finished(const SandboxStatus& status) {
  return status.phase == "Succeeded" || status.phase == "Failed";
}

}  // namespace osbx::reconcilers
