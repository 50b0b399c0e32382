// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/snapshot/snapshot_plan.h"

#include "ctrl/conditions.h"

namespace osbx::reconcilers {
namespace {

using api::v1::Snapshot;
using api::v1::SnapshotStatus;
using std::chrono::seconds;

constexpr const char* kAccepted = "Accepted";      // recorded, nothing done yet
constexpr const char* kCommitting = "Committing";  // the commit has been asked for

void Say(SnapshotPlan& plan, const SnapshotFacts& facts, const char* phase,
         const std::string& reason, const std::string& message) {
  plan.status.phase = phase;
  plan.status.reason = reason;
  plan.status.message = message;
  const bool ready = plan.status.phase == "Ready";
  ctrl::SetCondition(plan.status.conditions, "Ready", ready ? "True" : "False", reason, message,
                     facts.now);
}

void Delete(SnapshotPlan& plan, const SnapshotFacts& facts) {
  if (!facts.users.empty()) {
    return Say(plan, facts, "Deleting", "InUse", "sandboxes that were started from it exist");
  }
  Say(plan, facts, "Deleting", "Deleting", facts.failure.value_or(""));
  if (facts.busy || !facts.engine_known) return;
  if (!facts.image || !facts.image->ours) {
    plan.step = SnapshotStep::kRelease;
  } else if (facts.retry && *facts.retry > facts.mono) {
    plan.recheck = *facts.retry - facts.mono;
  } else {
    plan.step = SnapshotStep::kRemoveImage;
  }
}

// A snapshot shows its moment: a commit that failed or was cut off is not repeated later.
void Create(SnapshotPlan& plan, const SnapshotFacts& facts, const std::string& recorded) {
  SnapshotStatus& status = plan.status;
  if (facts.busy || !facts.engine_known) return;
  if (facts.image && facts.image->ours) {
    status.image_id = facts.image->id;
    status.size_bytes = facts.image->size_bytes;
    status.created_at = std::chrono::floor<seconds>(facts.now);
    return Say(plan, facts, "Ready", "Ready", "");
  }
  if (facts.failure) return Say(plan, facts, "Failed", "CommitFailed", *facts.failure);
  if (recorded == kCommitting) {
    return Say(plan, facts, "Failed", "Interrupted", "osbxd ended during the commit");
  }
  if (!facts.source_exists) {
    return Say(plan, facts, "Failed", "SandboxNotFound", "the sandbox does not exist");
  }
  if (!facts.source_live) {
    return Say(plan, facts, "Failed", "SandboxNotRunning",
               "the sandbox neither runs nor is paused");
  }
  if (recorded.empty()) {  // intent first; the write brings us back
    status.sandbox_uid = facts.source_uid;
    status.depth = facts.source_depth + 1;
    return Say(plan, facts, "Creating", kAccepted, "");
  }
  plan.step = SnapshotStep::kCommit;
  Say(plan, facts, "Creating", kCommitting, "");
}

}  // namespace

SnapshotPlan PlanSnapshot(const Snapshot& snapshot, const SnapshotFacts& facts) {
  SnapshotPlan plan;
  plan.status = snapshot.status;
  SnapshotStatus& status = plan.status;
  status.observed_generation = snapshot.metadata.generation;
  status.image = SnapshotImageOf(snapshot);
  status.users = facts.users;
  status.user_count = static_cast<std::int32_t>(facts.users.size());
  ctrl::SetCondition(status.conditions, "InUse", facts.users.empty() ? "False" : "True",
                     facts.users.empty() ? "Unused" : "Used", "", facts.now);
  status.expires_at.reset();
  if (snapshot.spec.ttl_seconds && snapshot.metadata.creation_timestamp) {
    status.expires_at = *snapshot.metadata.creation_timestamp + seconds(*snapshot.spec.ttl_seconds);
  }
  if (snapshot.metadata.deletion_timestamp) {
    Delete(plan, facts);
  } else if (status.phase.empty() || status.phase == "Creating") {
    Create(plan, facts, snapshot.status.reason);
  }
  if (!snapshot.metadata.deletion_timestamp && status.expires_at && facts.users.empty()) {
    if (*status.expires_at > facts.now) {
      plan.recheck = *status.expires_at - facts.now;
    } else if (status.phase != "Creating") {
      plan.step = SnapshotStep::kDelete;
    }
  }
  if (status.phase != snapshot.status.phase) {
    status.phase_since = std::chrono::floor<seconds>(facts.now);
  }
  return plan;
}

std::string SnapshotImageOf(const Snapshot& snapshot) {
  return "osbx-snapshots:" + snapshot.metadata.uid;
}

}  // namespace osbx::reconcilers
