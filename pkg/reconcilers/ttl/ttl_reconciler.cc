// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/ttl/ttl_reconciler.h"

#include <algorithm>

#include "reconcilers/sandbox/sandbox_plan.h"

namespace osbx::reconcilers {

TtlPlan PlanTtl(const api::v1::Sandbox& sandbox, Time now) {
  TtlPlan plan;
  if (sandbox.metadata.deletion_timestamp) return plan;
  const auto consider = [&](std::optional<Time> when, const char* why) {
    if (!when) return;
    if (*when <= now) {
      if (plan.expired.empty()) plan.expired = why;
      return;
    }
    const Duration left = *when - now;
    plan.recheck = plan.recheck ? std::min(*plan.recheck, left) : left;
  };
  consider(ExpiresAt(sandbox), "its time has expired");
  if (Finished(sandbox.status) && sandbox.spec.ttl_seconds_after_finished &&
      sandbox.status.finished_at) {
    consider(*sandbox.status.finished_at +
                 std::chrono::seconds(*sandbox.spec.ttl_seconds_after_finished),
             "it has finished and its ttlSecondsAfterFinished are over");
  }
  return plan;
}

Result<ctrl::Outcome> TtlReconciler::Reconcile(const store::Key& key) {
  const auto sandbox = cache_.Get<api::v1::Sandbox>(key);
  if (!sandbox) return ctrl::Outcome{};
  const TtlPlan plan = PlanTtl(*sandbox, clock_.Now());
  if (plan.expired.empty()) return ctrl::Outcome{.after = plan.recheck};
  // Conditional on the revision that was judged: a renewal that came between
  // wins (W25).
  registry::DeleteOptions judged;
  judged.resource_version = std::to_string(sandbox->metadata.resource_version);
  OSBX_CHECK(writer_.Delete(*sandbox, judged));
  events_.Record(ctrl::ReferenceTo(*sandbox), ctrl::EventLevel::kNormal, "Expired",
                 "Deleted: " + plan.expired);
  return ctrl::Outcome{};
}

}  // namespace osbx::reconcilers
