// SPDX-License-Identifier: Apache-2.0
// Brings one sandbox's container to what its object says, and keeps it there
// (style R1–R10). Thread-safe: state lives in the store, the engine and the
// kernel; what the executors remember is safe to lose.
#pragma once

#include <memory>
#include <string>

#include "api/v1/sandbox.h"
#include "api/v1/secret.h"
#include "base/clock.h"
#include "ctrl/cache.h"
#include "ctrl/controller.h"
#include "ctrl/event_recorder.h"
#include "ctrl/op_executor.h"
#include "drivers/docker/client.h"
#include "reconcilers/engine/container_table.h"
#include "reconcilers/engine/engine_watch.h"
#include "reconcilers/sandbox/container_ops.h"
#include "reconcilers/sandbox/healer.h"
#include "reconcilers/sandbox/sandbox_plan.h"
#include "reconcilers/volumes/credential_reader.h"
#include "registry/typed.h"

namespace osbx::reconcilers {

inline constexpr const char* kSandboxesByMount = "by-mount";    // status.volumes[].mount
inline constexpr const char* kSandboxesByVolume = "by-volume";  // namespace/volumeRef.name
inline constexpr const char* kSandboxesBySecret =
    "by-secret";  // namespace/credentialsRef or pull secret
inline constexpr const char* kSandboxesBySnapshot = "by-snapshot";  // namespace/snapshotRef.name
inline constexpr const char* kSandboxesByPull = "by-pull";          // PullKey
inline constexpr const char* kVolumesBySecret = "by-secret";        // namespace/credentialsRef

struct SandboxReconcilerDeps {
  ctrl::Cache& cache;
  registry::Writer& writer;
  ContainerTable& containers;
  EngineWatch& engine;
  ContainerOps& container_ops;
  const Healer& healer;
  docker::Client& docker;
  ctrl::OpExecutor& ops;    // start, remove
  ctrl::OpExecutor& pulls;  // keyed by image, so that a slow registry holds up nobody else
  ctrl::EventRecorder& events;
  Clock& clock;
  CredentialReader& credentials;
  std::string node_name;
  std::string run;  // id of this run of osbxd
};

class SandboxReconciler {
 public:
  explicit SandboxReconciler(SandboxReconcilerDeps deps) : d_(std::move(deps)) {}
  Result<ctrl::Outcome> Reconcile(const store::Key& key);

 private:
  using Sandbox = api::v1::Sandbox;

  SandboxFacts Gather(const Sandbox& sandbox, const store::Key& key,
                      const std::vector<ResolvedVolume>& volumes,
                      const std::optional<ContainerRow>& row) const;
  ContainerFacts::Limits LimitsOfContainer(const Sandbox& sandbox, const ContainerRow& row) const;
  VolumeFacts GatherVolume(const ResolvedVolume& volume, const Sandbox& sandbox,
                           bool& mounts_missing) const;
  // Which mounts of the running container are not the present ones.
  void GatherReplaced(const std::vector<ResolvedVolume>& volumes, const ContainerRow& row,
                      SandboxFacts& facts) const;
  void GatherOperations(const Sandbox& sandbox, const store::Key& key, SandboxFacts& facts) const;
  Result<> Act(const Sandbox& sandbox, const store::Key& key, const SandboxPlan& plan,
               const std::vector<ResolvedVolume>& volumes);
  Result<> ReplaceMounts(const Sandbox& sandbox, const SandboxPlan& plan,
                         const std::vector<ResolvedVolume>& volumes);
  Result<> Refuse(const Sandbox& sandbox, api::v1::SandboxStatus status, const std::string& word,
                  Error error);
  Result<> UpdateLimits(const Sandbox& sandbox, const SandboxPlan& plan);
  Result<> CreateMounts(const std::vector<ResolvedVolume>& volumes);
  Result<> StartContainer(const Sandbox& sandbox, const store::Key& key,
                          const std::vector<ResolvedVolume>& volumes);
  Result<> PullImage(const Sandbox& sandbox);
  Result<> Release(const Sandbox& sandbox, const store::Key& key);
  std::shared_ptr<const api::v1::Secret> OwnPullSecret(const Sandbox& sandbox) const;
  Result<> DropPullSecret(const Sandbox& sandbox);
  Result<docker::RegistryAuth> PullAuth(const Sandbox& sandbox) const;
  void Announce(const Sandbox& sandbox, const SandboxPlan& plan);

  SandboxReconcilerDeps d_;
};

// The index functions of the cache.
std::vector<std::string> MountsOf(const api::v1::Sandbox& sandbox);
std::vector<std::string> VolumeRefsOf(const api::v1::Sandbox& sandbox);
std::vector<std::string> SnapshotsOf(const api::v1::Sandbox& sandbox);
std::vector<std::string> SecretsOf(const api::v1::Sandbox& sandbox);
// Identifies one pull: image, platform and the Secret used.
store::Key PullKey(const api::v1::Sandbox& sandbox);

}  // namespace osbx::reconcilers
