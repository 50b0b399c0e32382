// SPDX-License-Identifier: Apache-2.0
// Turns each Snapshot into an image of its sandbox's writable layer and removes the image with it.
// Only images that carry the snapshot's own label are touched (I7). Thread-safe: what it remembers
// is in the store and the engine.
#pragma once

#include "base/clock.h"
#include "ctrl/cache.h"
#include "ctrl/controller.h"
#include "ctrl/op_executor.h"
#include "drivers/docker/client.h"
#include "reconcilers/engine/container_table.h"
#include "reconcilers/snapshot/snapshot_plan.h"
#include "registry/typed.h"

namespace osbx::reconcilers {

struct SnapshotReconcilerDeps {
  ctrl::Cache& cache;
  registry::Writer& writer;
  ContainerTable& containers;
  docker::Client& docker;
  ctrl::OpExecutor& ops;  // commit, remove the image
  Clock& clock;
};

class SnapshotReconciler {
 public:
  explicit SnapshotReconciler(SnapshotReconcilerDeps deps) : d_(deps) {}
  Result<ctrl::Outcome> Reconcile(const store::Key& key);

 private:
  Result<SnapshotFacts> Gather(const api::v1::Snapshot& snapshot, const store::Key& key);
  void Commit(const api::v1::Snapshot& snapshot, const store::Key& key);

  SnapshotReconcilerDeps d_;
};

}  // namespace osbx::reconcilers
