// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/gc/orphan_reconciler.h"

#include <algorithm>

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

Result<ctrl::Outcome> OrphanReconciler::Reconcile(const store::Key& key) {
  if (key.name != d_.node_name) return ctrl::Outcome{};
  if (!d_.containers.Known() || !d_.cache.Complete<api::v1::Sandbox>())
    return ctrl::Outcome{.after = kInterval};
  const auto node = d_.cache.Get<api::v1::Node>(key);
  std::map<std::string, MonoTime> seen;
  for (const ContainerRow& row : d_.containers.Ours()) {
    if (HasSandbox(row)) continue;
    const auto before = first_seen_.find(row.id);
    const MonoTime since = before == first_seen_.end() ? d_.clock.Mono() : before->second;
    const std::string who = "Container " + row.id.substr(0, 12) + " (" +
                            row.Label(kNamespaceLabel) + "/" + row.Label(kNameLabel) +
                            ") has no Sandbox";
    if (before == first_seen_.end() && node) {
      d_.events.Record(ctrl::ReferenceTo(*node), ctrl::EventLevel::kWarning, "OrphanContainer",
                       who);
    }
    if (d_.grace == Duration::zero() || d_.clock.Mono() - since < d_.grace) {
      seen[row.id] = since;
      continue;
    }
    const Result<> removed = d_.docker.RemoveContainer(row.id, {.force = true, .volumes = false});
    if (!removed && removed.error().code() != Code::kNotFound) return removed.error();
    d_.containers.Forget(row.id);
    if (node)
      d_.events.Record(ctrl::ReferenceTo(*node), ctrl::EventLevel::kNormal, "OrphanRemoved",
                       who + " and was removed");
  }
  first_seen_ = std::move(seen);
  return ctrl::Outcome{.after = kInterval};
}

}  // namespace osbx::reconcilers
