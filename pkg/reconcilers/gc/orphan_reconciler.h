// SPDX-License-Identifier: Apache-2.0
// What belongs to no Sandbox any more (a lost store, a copy of an old one, a
// record whose finalizer somebody dropped): containers with our label are
// reported at once and removed after a grace period, then their slots and
// staged paths; never while engine or store are not fully known. Unlabelled
// containers are never looked at (I7). One worker; what it remembers is when it
// first saw an orphan, which is safe to lose (the grace starts anew).
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "ctrl/cache.h"
#include "ctrl/controller.h"
#include "ctrl/event_recorder.h"
#include "drivers/docker/client.h"
#include "reconcilers/engine/container_table.h"
#include "reconcilers/sandbox/container_ops.h"

namespace osbx::reconcilers {

struct OrphanReconcilerDeps {
  ctrl::Cache& cache;
  ContainerTable& containers;
  docker::Client& docker;
  ContainerOps& container_ops;
  ctrl::EventRecorder& events;
  Clock& clock;
  std::string node_name;
  Duration grace{};  // zero: orphans are reported and kept
};

class OrphanReconciler {
 public:
  explicit OrphanReconciler(OrphanReconcilerDeps deps) : d_(std::move(deps)) {}
  // `key` is the node's.
  Result<ctrl::Outcome> Reconcile(const store::Key& key);

 private:
  using Seen = std::map<std::string, MonoTime>;

  bool HasSandbox(const ContainerRow& row) const;
  Result<> RemoveContainers(const store::Key& node, Seen& seen);
  Result<> RemoveRemains(Seen& seen);
  // Since when it is an orphan; remembered in `seen`. Whether the grace is over.
  bool IsOver(const std::string& id, Seen& seen) const;

  OrphanReconcilerDeps d_;
  Seen first_seen_;  // by container id, or uid of what remains
};

}  // namespace osbx::reconcilers
