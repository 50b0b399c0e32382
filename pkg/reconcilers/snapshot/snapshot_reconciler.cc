// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/snapshot/snapshot_reconciler.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "api/v1/sandbox.h"
#include "reconcilers/sandbox/sandbox_reconciler.h"
#include "registry/finalizers.h"

namespace osbx::reconcilers {
namespace {

using api::v1::Sandbox;
using api::v1::Snapshot;

constexpr const char* kSnapshotLabel = "osbx.dev/snapshot";
constexpr Duration kCommitDeadline = std::chrono::minutes(10);
constexpr Duration kRemoveDeadline = std::chrono::seconds(60);

}  // namespace

Result<ctrl::Outcome> SnapshotReconciler::Reconcile(const store::Key& key) {
  const auto snapshot = d_.cache.Get<Snapshot>(key);
  if (!snapshot) return ctrl::Outcome{};
  OSBX_TRY(const SnapshotFacts facts, Gather(*snapshot, key));
  const SnapshotPlan plan = PlanSnapshot(*snapshot, facts);  // pure: no I/O, no clock
  switch (plan.step) {
    case SnapshotStep::kNone:
      break;
    case SnapshotStep::kCommit:
      Commit(*snapshot, key);
      break;
    case SnapshotStep::kRemoveImage:
      d_.ops.Start(
          key, "remove", [this, image = SnapshotImageOf(*snapshot)](const std::stop_token& stop) {
            return d_.docker.RemoveImage(image, false, {.timeout = kRemoveDeadline, .stop = stop});
          });
      break;
    case SnapshotStep::kDelete:
      OSBX_CHECK(d_.writer.Delete(*snapshot));
      return ctrl::Outcome{};
    case SnapshotStep::kRelease:
      d_.ops.Forget(key);
      OSBX_CHECK(d_.writer.DropFinalizer(*snapshot, registry::kSnapshotFinalizer));
      return ctrl::Outcome{};
  }
  if (plan.status != snapshot->status) {
    Snapshot changed = *snapshot;
    changed.status = plan.status;
    OSBX_CHECK(d_.writer.UpdateStatus(changed));
  }
  return ctrl::Outcome{.after = plan.recheck};
}

Result<SnapshotFacts> SnapshotReconciler::Gather(const Snapshot& snapshot, const store::Key& key) {
  SnapshotFacts facts;
  facts.now = d_.clock.Now();
  facts.mono = d_.clock.Mono();
  facts.engine_known = d_.containers.Known();
  facts.busy = d_.ops.Busy(key);
  if (const auto last = d_.ops.Last(key); last && last->error) {
    facts.failure = last->error->message();
    facts.retry = last->next_allowed;
  }
  for (const auto& user :
       d_.cache.ByIndex<Sandbox>(kSandboxesBySnapshot, key.ns + "/" + key.name)) {
    facts.users.push_back(user->metadata.name);
  }
  std::ranges::sort(facts.users);
  if (const auto source =
          d_.cache.Get<Sandbox>({"sandboxes", key.ns, snapshot.spec.sandbox_ref.name})) {
    facts.source_exists = true;
    facts.source_uid = source->metadata.uid;
    const auto row = d_.containers.FindByUid(source->metadata.uid);
    facts.source_live = row && (row->status == docker::ContainerStatus::kRunning ||
                                row->status == docker::ContainerStatus::kPaused);
    if (source->spec.snapshot_ref) {
      const auto below =
          d_.cache.Get<Snapshot>({"snapshots", key.ns, source->spec.snapshot_ref->name});
      facts.source_depth = below ? below->status.depth.value_or(1) : 1;
    }
  }
  const bool open = snapshot.metadata.deletion_timestamp || snapshot.status.phase == "Creating";
  if (!open || facts.busy || !facts.engine_known) return facts;
  const auto image = d_.docker.InspectImage(SnapshotImageOf(snapshot));
  if (!image && image.error().code() != Code::kNotFound) return image.error();
  if (image) {
    const auto label = image->labels.find(kSnapshotLabel);
    facts.image = SnapshotImage{
        .id = image->id,
        .size_bytes = image->size_bytes,
        .ours = label != image->labels.end() && label->second == snapshot.metadata.uid};
  }
  return facts;
}

// Without execd as its entrypoint, and without the labels by which containers are found: one that
// somebody else makes of the image must not look like ours.
void SnapshotReconciler::Commit(const Snapshot& snapshot, const store::Key& key) {
  const docker::CommitSpec spec{
      .repository = "osbx-snapshots",
      .tag = snapshot.metadata.uid,
      .changes = {"ENTRYPOINT []", "LABEL " + std::string(kUidLabel) + "=\"\" " +
                                       std::string(kNamespaceLabel) + "=\"\" " +
                                       std::string(kNameLabel) + "=\"\" " + kSnapshotLabel + "=\"" +
                                       snapshot.metadata.uid + "\""}};
  d_.ops.Start(
      key, "commit",
      [this, spec, uid = snapshot.status.sandbox_uid](const std::stop_token& stop) -> Result<> {
        OSBX_CHECK(d_.docker.CommitContainer("sandbox-" + uid, spec,
                                             {.timeout = kCommitDeadline, .stop = stop}));
        return {};
      });
}

}  // namespace osbx::reconcilers
