// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/gc/orphan_reconciler.h"

#include <set>

#include "api/v1/node.h"
#include "api/v1/sandbox.h"

namespace osbx::reconcilers {
namespace {

constexpr Duration kInterval = std::chrono::seconds(30);

}  // namespace

bool OrphanReconciler::HasSandbox(const ContainerRow& row) const {
  const auto sandbox = d_.cache.Get<api::v1::Sandbox>(
      {.kind = "sandboxes", .ns = row.Label(kNamespaceLabel), .name = row.Label(kNameLabel)});
  return sandbox && sandbox->metadata.uid == row.Label(kUidLabel);
}

bool OrphanReconciler::IsOver(const std::string& id, Seen& seen) const {
  const auto before = first_seen_.find(id);
  const MonoTime since = before == first_seen_.end() ? d_.clock.Mono() : before->second;
  if (d_.grace != Duration::zero() && d_.clock.Mono() - since >= d_.grace) return true;
  seen[id] = since;
  return false;
}

Result<ctrl::Outcome> OrphanReconciler::Reconcile(const store::Key& key) {
  if (key.name != d_.node_name) return ctrl::Outcome{};
  if (!d_.containers.Known() || !d_.cache.Complete<api::v1::Sandbox>())
    return ctrl::Outcome{.after = kInterval};
  Seen seen;
  OSBX_CHECK(RemoveContainers(key, seen));
  OSBX_CHECK(RemoveRemains(seen));
  first_seen_ = std::move(seen);
  return ctrl::Outcome{.after = kInterval};
}

Result<> OrphanReconciler::RemoveContainers(const store::Key& key, Seen& seen) {
  const auto node = d_.cache.Get<api::v1::Node>(key);
  for (const ContainerRow& row : d_.containers.Ours()) {
    if (HasSandbox(row)) continue;
    const bool news = !first_seen_.contains(row.id);
    const std::string who = "Container " + row.id.substr(0, 12) + " (" +
                            row.Label(kNamespaceLabel) + "/" + row.Label(kNameLabel) +
                            ") has no Sandbox";
    if (news && node) {
      d_.events.Record(ctrl::ReferenceTo(*node), ctrl::EventLevel::kWarning, "OrphanContainer",
                       who);
    }
    if (!IsOver(row.id, seen)) continue;
    Result<> removed = d_.docker.RemoveContainer(row.id, {.force = true, .volumes = false});
    if (!removed && removed.error().code() != Code::kNotFound) return removed;
    d_.containers.Forget(row.id);
    if (node)
      d_.events.Record(ctrl::ReferenceTo(*node), ctrl::EventLevel::kNormal, "OrphanRemoved",
                       who + " and was removed");
  }
  return {};
}

// The slots and staged paths of sandboxes that have neither a record nor a container.
Result<> OrphanReconciler::RemoveRemains(Seen& seen) {
  const std::vector<std::string> remains = d_.container_ops.Remains();
  if (remains.empty()) return {};
  std::set<std::string> live;
  for (const auto& sandbox : d_.cache.List<api::v1::Sandbox>()) live.insert(sandbox->metadata.uid);
  for (const std::string& uid : remains) {
    if (live.contains(uid) || d_.containers.FindByUid(uid) || !IsOver(uid, seen)) continue;
    OSBX_CHECK(d_.container_ops.CleanUpRemains(uid));
  }
  return {};
}

}  // namespace osbx::reconcilers
