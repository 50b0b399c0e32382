// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/mount/mount_plan.h"

#include <algorithm>

#include "ctrl/conditions.h"

namespace osbx::reconcilers {
namespace {

using api::v1::Mount;
using api::v1::MountStatus;

constexpr std::string_view kMounted = "Mounted";
constexpr std::string_view kHealthy = "Healthy";
constexpr Duration kServerCheck =
    std::chrono::seconds(30);  // the mount table does not tell of a dead server

std::string SourceOf(const Mount& mount) {
  std::string source = "oss://" + mount.spec.bucket;
  if (!mount.spec.prefix.empty()) source += "/" + mount.spec.prefix;
  return source;
}

bool Unused(const MountFacts& facts) {
  return facts.sandboxes.empty() && facts.containers.empty();
}

// One evaluation; the members are the inputs and the plan under construction.
class Planner {
 public:
  Planner(const Mount& mount, const MountFacts& facts) : mount_(mount), facts_(facts) {
    plan_.status = mount.status;
  }

  MountPlan Run() {
    MountStatus& status = plan_.status;
    status.source = SourceOf(mount_);
    status.users = facts_.sandboxes;
    status.user_count = static_cast<std::int32_t>(facts_.sandboxes.size());
    if (Wanted()) {
      KeepMounted();
    } else {
      TakeDown();
    }
    return std::move(plan_);
  }

 private:
  // A mount is wanted while it is used, while nobody can tell, and for the grace period after.
  bool Wanted() {
    MountStatus& status = plan_.status;
    if (!Unused(facts_) || !facts_.containers_known) {
      status.last_used_at.reset();
      return true;
    }
    if (mount_.metadata.deletion_timestamp) return false;
    if (!status.last_used_at)
      status.last_used_at = std::chrono::ceil<std::chrono::seconds>(
          facts_.now);  // as stored: the grace is never cut short
    const Duration idle = facts_.now - *status.last_used_at;
    if (idle >= facts_.grace) return false;
    Recheck(facts_.grace - idle);
    // An idle mount that was never made is not made now.
    return facts_.actual != ActualMount::kAbsent || facts_.busy;
  }

  void KeepMounted() {
    MountStatus& status = plan_.status;
    if (status.target.empty()) {
      status.target = facts_.placement;  // written before anything is mounted there
      Say(kPhaseMounting, "False", "Mounting", "waiting to be mounted at " + status.target);
      Recheck(Duration::zero());
      return;
    }
    if (status.phase == kPhaseUnmounting && !facts_.busy) {
      Say(kPhaseMounting, "False", "Mounting", "in use again");
      Recheck(Duration::zero());
      return;
    }
    if (facts_.busy) {
      if (status.phase != kPhaseMounted && status.phase != kPhaseUnmounting) {
        Say(kPhaseMounting, "False", "Mounting", "mounting " + SourceOf(mount_));
      }
      return;
    }
    switch (facts_.actual) {
      case ActualMount::kServing:
        return Confirm();
      case ActualMount::kForeign:
        return Fail("TargetOccupied", status.target + " is a mount that osbx did not make", 0);
      case ActualMount::kDead:
      case ActualMount::kAbsent:
        return MountNow();
    }
  }

  // Something of ours is mounted and its server runs: is it proven by I/O in this run?
  void Confirm() {
    MountStatus& status = plan_.status;
    const bool proven_now = facts_.last && facts_.last->ok && facts_.last->name != kUnmountOp;
    if (status.proven_by == facts_.run && SameServer()) {
      SayMounted();
    } else if (proven_now) {
      TakeServer();
      SayMounted();
    } else if (facts_.last && !facts_.last->ok) {
      // It does not answer: looked at again after the back-off, and replaced unless it does.
      MountNow();
    } else {
      // A restart of osbxd is no news: while the same server runs, `proven_by` alone tells that it
      // is being proven again.
      if (status.phase != kPhaseMounted || !SameServer())
        Say(kPhaseMounting, "Unknown", "Probing", "found mounted; being proven by I/O");
      plan_.step = MountStep::kProbe;
    }
  }

  void MountNow() {
    const bool lost = plan_.status.phase == kPhaseMounted;
    ForgetServer();
    if (!facts_.has_credentials) {
      return Fail("CredentialsNotFound", "no Secret of a user of this mount yields its credentials",
                  0);
    }
    if (facts_.last && !facts_.last->ok && facts_.last->name != kUnmountOp) {
      const bool waiting = facts_.last->retry && *facts_.last->retry > facts_.mono;
      Fail(facts_.last->reason, facts_.last->message, facts_.last->attempts);
      if (waiting) return Recheck(*facts_.last->retry - facts_.mono);
      plan_.step = MountStep::kMount;
      return;
    }
    Say(kPhaseMounting, "False", lost ? "Lost" : "Mounting", "mounting " + SourceOf(mount_));
    plan_.step = MountStep::kMount;
  }

  void TakeDown() {
    MountStatus& status = plan_.status;
    if (facts_.busy) return;
    if (status.phase != kPhaseUnmounting) {
      // The intention first; users are looked at again before the step (I2).
      Say(kPhaseUnmounting, "False", "Unmounting", "no sandbox uses it");
      Recheck(Duration::zero());
      return;
    }
    if (facts_.actual == ActualMount::kForeign || status.target.empty() || TakenDown()) {
      plan_.step = MountStep::kRelease;
      return;
    }
    if (facts_.last && !facts_.last->ok && facts_.last->name == kUnmountOp) {
      status.last_error = facts_.last->message;
      status.last_reason = facts_.last->reason;
      status.attempts = facts_.last->attempts;
      Say(kPhaseUnmounting, "Unknown", facts_.last->reason, facts_.last->message);
      if (facts_.last->retry && *facts_.last->retry > facts_.mono)
        return Recheck(*facts_.last->retry - facts_.mono);
    }
    plan_.step = facts_.actual == ActualMount::kDead ? MountStep::kDetachDead : MountStep::kUnmount;
  }

  // Nothing is mounted, and an unmount of this run has seen to the rest: a server that was being
  // started, the directory, the logs. What is merely not mounted may still have all of them.
  bool TakenDown() const {
    return facts_.actual == ActualMount::kAbsent && facts_.last && facts_.last->ok &&
           facts_.last->name == kUnmountOp;
  }

  // The server found becomes the recorded one; the time of mounting stays when it is the same
  // (found again after a restart of osbxd), so that a container started since then is known to see
  // it.
  void TakeServer() {
    MountStatus& status = plan_.status;
    if (!SameServer() || !status.mounted_at) {
      status.mounted_at = std::chrono::floor<std::chrono::seconds>(facts_.now);
    }
    status.pid = facts_.server.pid;
    status.pid_start_time = facts_.server.start_time;
    status.device_minor = facts_.server.device_minor;
    status.mount_id = facts_.server.mount_id;
    status.log_dir = facts_.server.log_dir;
    status.boot_id = facts_.boot_id;
    status.proven_by = facts_.run;
  }

  bool SameServer() const {
    const MountStatus& status = plan_.status;
    return status.pid == facts_.server.pid && status.pid_start_time == facts_.server.start_time &&
           status.boot_id == facts_.boot_id;
  }

  // Not proven any more. One that still runs may answer yet, and is the same one then.
  void ForgetServer() {
    plan_.status.proven_by.clear();
    if (facts_.actual == ActualMount::kServing) return;
    plan_.status.pid.reset();
    plan_.status.pid_start_time.reset();
    plan_.status.mounted_at.reset();
  }

  void SayMounted() {
    MountStatus& status = plan_.status;
    status.last_error.clear();
    status.last_reason.clear();
    status.attempts.reset();
    Say(kPhaseMounted, "True", "Mounted", "serving " + SourceOf(mount_), "True");
    Recheck(kServerCheck);
  }

  void Fail(const std::string& reason, const std::string& message, int attempts) {
    MountStatus& status = plan_.status;
    status.last_error = message;
    status.last_reason = reason;
    if (attempts > 0) status.attempts = attempts;
    Say(kPhaseFailed, "False", reason, message, "False");
  }

  // Phase and both conditions, each set once per pass so that transition times do not flap (R8).
  void Say(std::string_view phase, std::string_view mounted, const std::string& reason,
           const std::string& message, std::string_view healthy = "Unknown") {
    plan_.status.phase = phase;
    for (const auto& [type, value] : {std::pair{kMounted, mounted}, std::pair{kHealthy, healthy}}) {
      ctrl::SetCondition(plan_.status.conditions, type, value, reason, message, facts_.now);
    }
  }

  void Recheck(Duration after) {
    if (!plan_.recheck || after < *plan_.recheck) plan_.recheck = after;
  }

  static constexpr std::string_view kPhaseMounting = "Mounting";
  static constexpr std::string_view kPhaseMounted = "Mounted";
  static constexpr std::string_view kPhaseUnmounting = "Unmounting";
  static constexpr std::string_view kPhaseFailed = "Failed";

  const Mount& mount_;
  const MountFacts& facts_;
  MountPlan plan_;
};

}  // namespace

MountPlan PlanMount(const Mount& mount, const MountFacts& facts) {
  return Planner(mount, facts).Run();
}

bool ProvenBefore(const Mount& mount) {
  return mount.status.phase == "Mounted" && !mount.status.proven_by.empty() &&
         !mount.metadata.deletion_timestamp;
}

bool ProvenAlive(const Mount& mount, std::string_view run) {
  return ProvenBefore(mount) && mount.status.proven_by == run;
}

}  // namespace osbx::reconcilers
