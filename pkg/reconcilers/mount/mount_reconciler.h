// SPDX-License-Identifier: Apache-2.0
// Keeps one host mount alive while any sandbox needs it, and removes it
// afterwards. Runs on ONE worker: choosing a target looks at all other targets,
// and a single worker is what makes that choice atomic; the slow work is in the
// executor.
#pragma once

#include <string>

#include "api/v1/mount.h"
#include "base/clock.h"
#include "ctrl/cache.h"
#include "ctrl/controller.h"
#include "ctrl/event_recorder.h"
#include "ctrl/op_executor.h"
#include "drivers/mount/mounter.h"
#include "drivers/mount/server_watch.h"
#include "reconcilers/engine/container_table.h"
#include "reconcilers/mount/mount_plan.h"
#include "reconcilers/volumes/credential_reader.h"
#include "registry/typed.h"

namespace osbx::reconcilers {

struct MountReconcilerDeps {
  ctrl::Cache& cache;
  registry::Writer& writer;
  ContainerTable& containers;
  mount::Mounter& mounter;
  mount::ServerWatch& servers;
  ctrl::OpExecutor& ops;  // mount, probe, unmount
  ctrl::EventRecorder& events;
  Clock& clock;
  CredentialReader& credentials;
  std::string mount_root;
  std::string run;  // id of this run of osbxd
  std::string boot_id;
  Duration grace{};
};

class MountReconciler {
 public:
  explicit MountReconciler(MountReconcilerDeps deps) : d_(std::move(deps)) {}
  Result<ctrl::Outcome> Reconcile(const store::Key& key);

 private:
  using Mount = api::v1::Mount;

  Result<MountFacts> Gather(const Mount& mount, const store::Key& key) const;
  Result<> GatherActual(const Mount& mount, MountFacts& facts) const;
  std::string ChoosePlacement(const Mount& mount) const;
  std::optional<mount::Credentials> FindCredentials(const Mount& mount) const;
  void Act(const Mount& mount, const store::Key& key, const MountPlan& plan);
  void Announce(const Mount& before, const api::v1::MountStatus& after);

  MountReconcilerDeps d_;
};

}  // namespace osbx::reconcilers
