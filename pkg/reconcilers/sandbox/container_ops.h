// SPDX-License-Identifier: Apache-2.0
// The slow steps of a sandbox's life on Docker: start and remove. Each finds its own earlier work
// again (by the container's name and label), so that it may be repeated after a crash, a time-out
// or a lost answer (R4, R5). Errors carry a reason word (base/reason.h). Thread-safe; calls block
// up to the engine's deadlines and belong on an OpExecutor.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "api/v1/sandbox.h"
#include "base/clock.h"
#include "base/reason.h"
#include "base/secret.h"
#include "drivers/docker/client.h"
#include "reconcilers/engine/container_table.h"
#include "reconcilers/sandbox/container_spec.h"
#include "reconcilers/volumes/resolve.h"

namespace osbx::reconcilers {

struct ContainerOpsOptions {
  ContainerDefaults defaults;
  std::string slot_root;   // <run_dir>/slots
  std::string stage_root;  // <run_dir>/stage
  std::vector<std::string> allowed_host_paths;
  Secret install_key;  // of the sandboxes' endpoint tokens
  Duration ping_deadline = std::chrono::seconds(10);
};

class ContainerOps {
 public:
  ContainerOps(docker::Client& docker, ContainerTable& table, Clock& clock,
               ContainerOpsOptions options)
      : docker_(docker), table_(table), clock_(clock), options_(std::move(options)) {}

  // Slot, staged host paths, Docker volumes, container, start; returns when execd has answered.
  // `volumes` with OSSFS have their host path in `mount_targets` (by volume name) and have been
  // proven alive by the caller.
  Result<> Start(const api::v1::Sandbox& sandbox, const std::vector<ResolvedVolume>& volumes,
                 const std::map<std::string, std::string>& mount_targets, std::stop_token stop);

  // SIGTERM, the grace period, SIGKILL; then container, staged paths, slot and the Docker volumes
  // that go with it.
  Result<> Remove(const api::v1::Sandbox& sandbox, std::chrono::seconds grace,
                  std::stop_token stop);

  // What is left without a container; quick, idempotent.
  Result<> CleanUp(const api::v1::Sandbox& sandbox);

  // The same of a sandbox whose record is gone; Docker volumes are kept.
  Result<> CleanUpRemains(const std::string& uid);
  // uids of sandboxes that have something on the host beside a container.
  std::vector<std::string> Remains() const;

  // One look at the engine; the table is told. Nullopt when there is no such container.
  Result<> Refresh(const std::string& id_or_name);

  // Freezes or thaws the container's processes; one that is as wanted is left alone. The table is
  // told.
  Result<> SetPaused(const std::string& id, bool paused);

  // A limit that is no longer in the spec goes with the container: the engine cannot lift it from a
  // running one.
  bool LimitsDiffer(const api::v1::Sandbox& sandbox, const docker::Resources& actual) const;
  Result<> UpdateLimits(const api::v1::Sandbox& sandbox, const std::string& id);

 private:
  Result<std::vector<BoundVolume>> Bind(const api::v1::Sandbox& sandbox,
                                        const std::vector<ResolvedVolume>& volumes,
                                        const std::map<std::string, std::string>& mount_targets,
                                        const docker::Call& call);
  Result<BoundVolume> BindHost(const api::v1::Sandbox& sandbox, const ResolvedVolume& volume);
  Result<BoundVolume> BindPvc(const api::v1::Sandbox& sandbox, const ResolvedVolume& volume,
                              const docker::Call& call);
  Result<std::vector<std::string>> Command(const api::v1::Sandbox& sandbox,
                                           const docker::Call& call);
  Result<> HandToken(const api::v1::Sandbox& sandbox, const std::string& slot);
  Result<std::string> CreateAndStart(const api::v1::Sandbox& sandbox, ContainerParts parts,
                                     std::stop_token stop);
  struct Ensured {
    std::string id;
    bool made = false;  // by this call
  };
  Result<Ensured> EnsureContainer(const api::v1::Sandbox& sandbox,
                                  const docker::ContainerSpec& spec, const docker::Call& call);
  // The error with the reason found by looking at what the container needs, or else with `word`.
  Error Diagnose(const api::v1::Sandbox& sandbox, std::string_view word, Error error);
  Result<> Discard(const std::string& id, const docker::Call& call);
  Result<> WaitForExecd(const std::string& slot, const std::string& id, std::stop_token stop);
  std::string StageDir(const std::string& uid) const;

  docker::Client& docker_;
  ContainerTable& table_;
  Clock& clock_;
  const ContainerOpsOptions options_;
};

// The reason word of a pull that failed: the registry lets nobody in, has no such image, or
// anything else.
std::string_view PullReason(Code code);

}  // namespace osbx::reconcilers
