// SPDX-License-Identifier: Apache-2.0
// Containers that carry our label but belong to no Sandbox (a lost store, a
// copy of an old one): reported at once, removed after a grace period, and
// never while engine or store are not fully known. Unlabelled containers are
// never looked at (I7). One worker; what it remembers is when it first saw an
// orphan, which is safe to lose (the grace starts anew).
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "ctrl/cache.h"
#include "ctrl/controller.h"
#include "ctrl/event_recorder.h"
#include "drivers/docker/client.h"
#include "reconcilers/engine/container_table.h"

namespace osbx::reconcilers {

struct OrphanReconcilerDeps {
  ctrl::Cache& cache;
  ContainerTable& containers;
  docker::Client& docker;
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
  bool HasSandbox(const ContainerRow& row) const;

  OrphanReconcilerDeps d_;
  std::map<std::string, MonoTime> first_seen_;  // by container id
};

}  // namespace osbx::reconcilers
