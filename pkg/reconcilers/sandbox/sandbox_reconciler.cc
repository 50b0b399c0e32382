// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/sandbox/sandbox_reconciler.h"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "api/v1/node.h"
#include "api/v1/snapshot.h"
#include "base/reason.h"
#include "ctrl/conditions.h"
#include "reconcilers/mount/mount_plan.h"
#include "reconcilers/sandbox/image_need.h"
#include "registry/finalizers.h"

namespace osbx::reconcilers {
namespace {

using api::v1::Sandbox;
using std::chrono::seconds;

constexpr std::string_view kStartOp = "start";
constexpr std::string_view kRemoveOp = "remove";

std::optional<Time> WholeSeconds(const std::optional<Time>& time) {
  if (!time) return std::nullopt;
  return std::chrono::floor<seconds>(*time);
}

ContainerFacts::State StateOf(docker::ContainerStatus status) {
  switch (status) {
    case docker::ContainerStatus::kCreated:
      return ContainerFacts::State::kCreated;
    case docker::ContainerStatus::kRunning:
      return ContainerFacts::State::kRunning;
    case docker::ContainerStatus::kPaused:
      return ContainerFacts::State::kPaused;
    case docker::ContainerStatus::kExited:
    case docker::ContainerStatus::kDead:
      return ContainerFacts::State::kExited;
    case docker::ContainerStatus::kUnknown:
    case docker::ContainerStatus::kRestarting:
    case docker::ContainerStatus::kRemoving:
      break;
  }
  return ContainerFacts::State::kRestarting;  // in between: an event follows
}

// Ended by a signal from the engine's side rather than by its own doing: asked
// for by somebody, or together with the engine or the host while nobody
// watched. An out-of-memory kill is its own doing.
bool EndedFromOutside(const ContainerRow& row) {
  if (!row.details || row.details->oom_killed) return false;
  constexpr int kKilled = 137;
  constexpr int kTerminated = 143;
  constexpr int kLostWithHost = 255;
  const int code = row.details->exit_code;
  if (row.stopped_by_request) return true;
  return row.ended_unseen && (code == kKilled || code == kTerminated || code == kLostWithHost);
}

// One per port in the container: the engine may report it for IPv4 and for IPv6.
std::vector<api::v1::PublishedEndpoint> EndpointsOf(
    const std::vector<docker::PublishedPort>& ports) {
  std::map<int, api::v1::PublishedEndpoint> by_port;
  for (const docker::PublishedPort& port : ports) {
    const bool udp = port.protocol == "udp";
    by_port.try_emplace(port.container_port,
                        api::v1::PublishedEndpoint{
                            .container_port = port.container_port,
                            .host_port = port.host_port,
                            .host_ip = port.host_ip,
                            .protocol = std::string(udp ? api::v1::kPublishedEndpointProtocolUDP
                                                        : api::v1::kPublishedEndpointProtocolTCP)});
  }
  std::vector<api::v1::PublishedEndpoint> out;
  out.reserve(by_port.size());
  for (auto& [number, endpoint] : by_port) out.push_back(std::move(endpoint));
  return out;
}

ContainerFacts FactsOf(const ContainerRow& row) {
  ContainerFacts facts;
  facts.id = row.id;
  facts.state = StateOf(row.status);
  facts.ip = row.ip;
  facts.image_id = row.image_id;
  if (!row.details) return facts;
  facts.detailed = true;
  facts.exit_code = row.details->exit_code;
  facts.oom_killed = row.details->oom_killed;
  facts.error = row.details->error;
  facts.started_at = WholeSeconds(row.details->started_at);
  facts.finished_at = WholeSeconds(row.details->finished_at);
  facts.endpoints = EndpointsOf(row.ports);
  facts.ended_from_outside = facts.state == ContainerFacts::State::kExited && EndedFromOutside(row);
  return facts;
}

PullPolicy PolicyOf(const Sandbox& sandbox) {
  const std::string& policy = sandbox.spec.image_pull_policy;
  if (policy == api::v1::kSandboxImagePullPolicyAlways) return PullPolicy::kAlways;
  if (policy == api::v1::kSandboxImagePullPolicyNever) return PullPolicy::kNever;
  return PullPolicy::kIfNotPresent;
}

// Empty when the image of spec.snapshotRef can be used.
std::string ProblemOfSnapshot(const Sandbox& sandbox, const ctrl::Cache& cache) {
  const std::string& name = sandbox.spec.snapshot_ref->name;
  const auto snapshot =
      cache.Get<api::v1::Snapshot>({"snapshots", sandbox.metadata.namespace_, name});
  if (!snapshot) return "Snapshot " + name + " does not exist";
  if (snapshot->status.phase != "Ready") return "Snapshot " + name + " is not ready";
  return "";
}

// The sandbox with the image it starts from: for spec.snapshotRef that of the snapshot. Status
// alone is ever written back.
std::shared_ptr<const Sandbox> WithImage(std::shared_ptr<const Sandbox> sandbox,
                                         const ctrl::Cache& cache) {
  if (!sandbox || !sandbox->spec.snapshot_ref) return sandbox;
  const auto snapshot = cache.Get<api::v1::Snapshot>(
      {"snapshots", sandbox->metadata.namespace_, sandbox->spec.snapshot_ref->name});
  if (!snapshot) return sandbox;
  auto whole = std::make_shared<Sandbox>(*sandbox);
  whole->spec.image = snapshot->status.image;
  return whole;
}

// What the status of a running sandbox says already.
bool KnownReady(const Sandbox& sandbox, const VolumeFacts& volume) {
  return sandbox.status.phase == "Running" &&
         std::ranges::any_of(sandbox.status.volumes, [&volume](const auto& known) {
           return known.name == volume.name && known.mount == volume.mount &&
                  known.state == "Ready";
         });
}

SeenVolume SeenOf(const ResolvedVolume& volume, const api::v1::Mount& mount) {
  return {.mount_path = volume.mount_path,
          .target = mount.status.target,
          .device_minor = mount.status.device_minor.value_or(0),
          .read_only = volume.read_only};
}

// A container has the mounts it was made with: other credentials since then are for the next one.
void KeepMounts(const Sandbox& sandbox, std::vector<ResolvedVolume>& volumes) {
  for (ResolvedVolume& volume : volumes) {
    const auto stored = std::ranges::find(sandbox.status.volumes, volume.name,
                                          [](const auto& status) { return status.name; });
    if (stored == sandbox.status.volumes.end() || stored->mount.empty() || !volume.mount) continue;
    volume.kept = stored->mount != volume.mount_name;
    volume.mount_name = stored->mount;
  }
}

std::string NameIn(const std::string& ns, const std::string& name) {
  return ns + "/" + name;
}

}  // namespace

std::vector<std::string> MountsOf(const Sandbox& sandbox) {
  std::vector<std::string> out;
  for (const auto& volume : sandbox.status.volumes) {
    if (!volume.mount.empty()) out.push_back(volume.mount);
  }
  return out;
}

std::vector<std::string> VolumeRefsOf(const Sandbox& sandbox) {
  std::vector<std::string> out;
  for (const auto& volume : sandbox.spec.volumes) {
    if (volume.volume_ref)
      out.push_back(NameIn(sandbox.metadata.namespace_, volume.volume_ref->name));
  }
  return out;
}

std::vector<std::string> SnapshotsOf(const Sandbox& sandbox) {
  if (!sandbox.spec.snapshot_ref) return {};
  return {NameIn(sandbox.metadata.namespace_, sandbox.spec.snapshot_ref->name)};
}

std::vector<std::string> SecretsOf(const Sandbox& sandbox) {
  std::vector<std::string> out;
  const std::string& ns = sandbox.metadata.namespace_;
  for (const auto& volume : sandbox.spec.volumes) {
    if (volume.ossfs && volume.ossfs->credentials_ref)
      out.push_back(NameIn(ns, volume.ossfs->credentials_ref->name));
  }
  if (sandbox.spec.image_pull_secret)
    out.push_back(NameIn(ns, sandbox.spec.image_pull_secret->name));
  return out;
}

store::Key PullKey(const Sandbox& sandbox) {
  std::string name = sandbox.spec.image;
  if (sandbox.spec.platform)
    name += "|" + sandbox.spec.platform->os + "/" + sandbox.spec.platform->arch;
  const auto& secret = sandbox.spec.image_pull_secret;
  return {.kind = "images",
          .ns = secret ? NameIn(sandbox.metadata.namespace_, secret->name) : "",
          .name = name};
}

Result<ctrl::Outcome> SandboxReconciler::Reconcile(const store::Key& key) {
  const auto sandbox = WithImage(d_.cache.Get<Sandbox>(key), d_.cache);  // immutable snapshot
  if (!sandbox) return ctrl::Outcome{};

  const VolumeLookups lookups{.volume =
                                  [&](const std::string& name) {
                                    return d_.cache.Get<api::v1::Volume>({"volumes", key.ns, name});
                                  },
                              .secret =
                                  [&](const std::string& name) {
                                    return d_.cache.Get<api::v1::Secret>({"secrets", key.ns, name});
                                  }};
  std::vector<ResolvedVolume> volumes = ResolveVolumes(*sandbox, lookups, d_.credentials);
  auto row = d_.containers.FindByUid(sandbox->metadata.uid);
  if (row) KeepMounts(*sandbox, volumes);
  if (row && row->stale && !d_.ops.Busy(key)) {
    OSBX_CHECK(d_.container_ops.Refresh(row->id));
    row = d_.containers.FindByUid(sandbox->metadata.uid);
  }
  const SandboxFacts facts = Gather(*sandbox, key, volumes, row);
  const SandboxPlan plan = PlanSandbox(*sandbox, facts);  // pure: no I/O, no clock
  if (plan.step == SandboxStep::kRelease) {
    OSBX_CHECK(Release(*sandbox, key));
    return ctrl::Outcome{};
  }
  OSBX_CHECK(Act(*sandbox, key, plan, volumes));
  if (plan.status != sandbox->status) {
    Sandbox changed = *sandbox;
    changed.status = plan.status;
    OSBX_CHECK(d_.writer.UpdateStatus(changed));
    Announce(*sandbox, plan);
  }
  // What an inspect found is acted on at once, and a replaced mount is looked at: no event follows.
  if (plan.step == SandboxStep::kInspect || plan.step == SandboxStep::kReplaceMounts)
    return ctrl::Outcome{.after = Duration::zero()};
  return ctrl::Outcome{.after = plan.recheck};
}

SandboxFacts SandboxReconciler::Gather(const Sandbox& sandbox, const store::Key& key,
                                       const std::vector<ResolvedVolume>& volumes,
                                       const std::optional<ContainerRow>& row) const {
  SandboxFacts facts;
  facts.now = d_.clock.Now();
  facts.mono = d_.clock.Mono();
  facts.node_name = d_.node_name;
  facts.engine_known = d_.containers.Known();
  if (!facts.engine_known) facts.engine_silence = d_.engine.Silence();
  if (row) {
    facts.container = FactsOf(*row);
    facts.container->limits = LimitsOfContainer(sandbox, *row);
  }
  for (const ResolvedVolume& volume : volumes) {
    facts.volumes.push_back(GatherVolume(volume, sandbox, facts.mounts_missing));
  }
  if (row && row->status == docker::ContainerStatus::kRunning) GatherReplaced(volumes, *row, facts);
  if (sandbox.spec.snapshot_ref) {
    facts.image_problem = ProblemOfSnapshot(sandbox, d_.cache);
  }
  facts.has_own_pull_secret = OwnPullSecret(sandbox) != nullptr;
  const auto node = d_.cache.Get<api::v1::Node>({"nodes", "", d_.node_name});
  facts.unschedulable = node && node->spec.unschedulable.value_or(false);
  GatherOperations(sandbox, key, facts);
  return facts;
}

VolumeFacts SandboxReconciler::GatherVolume(const ResolvedVolume& volume, const Sandbox& sandbox,
                                            bool& mounts_missing) const {
  VolumeFacts facts;
  facts.name = volume.name;
  facts.mount = volume.mount_name;
  if (!volume.reason.empty()) {
    facts.state = VolumeFacts::State::kFailed;
    facts.reason = volume.reason;
    facts.message = volume.message;
    facts.terminal = IsTerminal(volume.reason);
    return facts;
  }
  if (!volume.mount) {  // host and pvc are made ready with the container
    facts.state = VolumeFacts::State::kReady;
    facts.source = volume.host ? volume.host->path : volume.pvc->claim_name;
    return facts;
  }
  const auto mount = d_.cache.Get<api::v1::Mount>({"mounts", "", volume.mount_name});
  if (!mount) {
    mounts_missing = true;
    facts.reason = "Mounting";
    facts.message = "waiting for mount " + volume.mount_name;
    return facts;
  }
  facts.source = mount->status.target;
  if (ProvenAlive(*mount, d_.run)) {
    facts.state = VolumeFacts::State::kReady;
    return facts;
  }
  const api::v1::Condition* mounted = ctrl::FindCondition(mount->status.conditions, "Mounted");
  facts.lost = mounted != nullptr && mounted->reason == "Lost";
  facts.reproving = KnownReady(sandbox, facts) && ProvenBefore(*mount);
  const bool failed = mount->status.phase == "Failed";
  facts.state = failed ? VolumeFacts::State::kFailed : VolumeFacts::State::kPending;
  facts.reason = failed ? mount->status.last_reason : "Mounting";
  facts.message = failed ? mount->status.last_error : "waiting for mount " + volume.mount_name;
  facts.terminal = failed && IsTerminal(facts.reason);
  return facts;
}

// A container that was started later than a mount was made has it: only the others are looked at.
void SandboxReconciler::GatherReplaced(const std::vector<ResolvedVolume>& volumes,
                                       const ContainerRow& row, SandboxFacts& facts) const {
  const auto started = row.details ? WholeSeconds(row.details->started_at) : std::nullopt;
  for (std::size_t i = 0; started && i < volumes.size(); ++i) {
    VolumeFacts& volume = facts.volumes[i];
    if (volume.mount.empty() || volume.state != VolumeFacts::State::kReady) continue;
    const auto mount = d_.cache.Get<api::v1::Mount>({"mounts", "", volume.mount});
    if (!mount || !mount->status.mounted_at || *mount->status.mounted_at < *started) continue;
    volume.replaced = !d_.healer.SeesPresent(row, SeenOf(volumes[i], *mount));
  }
}

void SandboxReconciler::GatherOperations(const Sandbox& sandbox, const store::Key& key,
                                         SandboxFacts& facts) const {
  facts.busy = d_.ops.Busy(key);
  const store::Key pull = PullKey(sandbox);
  facts.pulling = d_.pulls.Busy(pull);
  const auto last = d_.ops.Last(key);
  facts.unproven = !last || last->name != kStartOp || last->error;
  const bool failed = last && last->error;
  const bool image_missing = failed && ReasonOf(*last->error) == reason::kImageNotFound;

  ImageFacts image{.policy = PolicyOf(sandbox),
                   .has_container = facts.container.has_value(),
                   .pulled = d_.pulls.Last(pull),
                   .mono = facts.mono};
  if (image_missing) image.failed_create = last;
  if (const auto& created = sandbox.metadata.creation_timestamp)
    image.wanted_since = facts.mono - std::chrono::duration_cast<Duration>(facts.now - *created);
  const ImageNeed need = NeedOfImage(image);
  facts.image_wanted = need == ImageNeed::kPull || need == ImageNeed::kPullLater;
  if (need == ImageNeed::kPullLater || need == ImageNeed::kPullFailed) {
    facts.failure = FailedOperation{.reason = std::string(PullReason(image.pulled->error->code())),
                                    .message = image.pulled->error->message(),
                                    .terminal = need == ImageNeed::kPullFailed &&
                                                image.pulled->error->code() != Code::kCancelled,
                                    .retry = image.pulled->next_allowed};
    return;
  }
  if (!failed || (image_missing && image.policy != PullPolicy::kNever)) return;
  FailedOperation failure{.reason = ReasonOf(*last->error),
                          .message = last->error->message(),
                          .of_removal = last->name == kRemoveOp,
                          .retry = last->next_allowed};
  // Cut off by a stop of osbxd: that says nothing about the sandbox.
  failure.terminal = IsTerminal(failure.reason) && last->error->code() != Code::kCancelled;
  facts.failure = std::move(failure);
}

Result<> SandboxReconciler::Act(const Sandbox& sandbox, const store::Key& key,
                                const SandboxPlan& plan,
                                const std::vector<ResolvedVolume>& volumes) {
  switch (plan.step) {
    case SandboxStep::kNone:
    case SandboxStep::kRelease:
      return {};
    case SandboxStep::kCreateMounts:
      return CreateMounts(volumes);
    case SandboxStep::kInspect:
      if (const auto row = d_.containers.FindByUid(sandbox.metadata.uid))
        return d_.container_ops.Refresh(row->id);
      return {};
    case SandboxStep::kPullImage:
      return PullImage(sandbox);
    case SandboxStep::kStart:
      return StartContainer(sandbox, key, volumes);
    case SandboxStep::kReplaceMounts:
      return ReplaceMounts(sandbox, plan, volumes);
    case SandboxStep::kUpdateLimits:
      return UpdateLimits(sandbox, plan);
    case SandboxStep::kPause:
    case SandboxStep::kUnpause:
      return d_.container_ops.SetPaused(plan.status.container_id, plan.step == SandboxStep::kPause);
    case SandboxStep::kDropPullSecret:
      return DropPullSecret(sandbox);
    case SandboxStep::kRemove: {
      const auto grace = sandbox.metadata.deletion_grace_period_seconds.value_or(
          sandbox.spec.termination_grace_period_seconds);
      d_.ops.Start(key, std::string(kRemoveOp),
                   [this, sandbox, grace](const std::stop_token& stop) {
                     return d_.container_ops.Remove(sandbox, seconds(grace), stop);
                   });
      return {};
    }
  }
  return {};
}

ContainerFacts::Limits SandboxReconciler::LimitsOfContainer(const Sandbox& sandbox,
                                                            const ContainerRow& row) const {
  using Limits = ContainerFacts::Limits;
  if (!row.limits) return Limits::kUnknown;
  return d_.container_ops.LimitsDiffer(sandbox, *row.limits) ? Limits::kDiffer : Limits::kAsWanted;
}

// One that cannot be replaced is said in an event and the condition Ready, and tried again with
// back-off. The container is not restarted: what it holds open stays as it is.
Result<> SandboxReconciler::ReplaceMounts(const Sandbox& sandbox, const SandboxPlan& plan,
                                          const std::vector<ResolvedVolume>& volumes) {
  const auto row = d_.containers.FindByUid(sandbox.metadata.uid);
  if (!row) return {};
  const auto ref = ctrl::ReferenceTo(sandbox);
  for (const ResolvedVolume& volume : volumes) {
    const auto mount = d_.cache.Get<api::v1::Mount>({"mounts", "", volume.mount_name});
    if (!volume.mount || !mount || !ProvenAlive(*mount, d_.run)) continue;
    const std::string what = "volume " + volume.name + " at " + volume.mount_path;
    Result<bool> replaced = d_.healer.Replace(*row, SeenOf(volume, *mount));
    if (!replaced && replaced.error().code() == Code::kNotFound) continue;  // it has ended
    if (!replaced) {
      return Refuse(sandbox, plan.status, "MountNotReplaced",
                    std::move(replaced).error().Wrap(what));
    }
    if (!*replaced) continue;
    d_.events.Record(ref, ctrl::EventLevel::kNormal, "MountReplaced",
                     "Replaced the mount of " + what + " in the running container");
  }
  return {};
}

// What the engine refuses is said in a condition and an event, and tried again with back-off.
Result<> SandboxReconciler::UpdateLimits(const Sandbox& sandbox, const SandboxPlan& plan) {
  const Result<> updated = d_.container_ops.UpdateLimits(sandbox, plan.status.container_id);
  if (updated) {
    d_.events.Record(ctrl::ReferenceTo(sandbox), ctrl::EventLevel::kNormal, "LimitsApplied",
                     "Applied spec.resources to the container");
    return {};
  }
  api::v1::SandboxStatus status = plan.status;
  ctrl::SetCondition(status.conditions, kLimitsApplied, "False", "LimitsRefused",
                     "spec.resources: " + updated.error().message(), d_.clock.Now());
  return Refuse(sandbox, std::move(status), "LimitsRefused", updated.error());
}

// What could not be done to the container: said in an event, its status written, the error for the
// back-off.
Result<> SandboxReconciler::Refuse(const Sandbox& sandbox, api::v1::SandboxStatus status,
                                   const std::string& word, Error error) {
  d_.events.Record(ctrl::ReferenceTo(sandbox), ctrl::EventLevel::kWarning, word, error.message());
  Sandbox changed = sandbox;
  changed.status = std::move(status);
  if (changed.status != sandbox.status) OSBX_CHECK(d_.writer.UpdateStatus(changed));
  return error;
}

// One Mount object per match key; whoever comes first makes it.
Result<> SandboxReconciler::CreateMounts(const std::vector<ResolvedVolume>& volumes) {
  for (const ResolvedVolume& volume : volumes) {
    if (!volume.mount || volume.kept) continue;
    if (d_.cache.Get<api::v1::Mount>({"mounts", "", volume.mount_name})) continue;
    api::v1::Mount mount;
    mount.metadata.name = volume.mount_name;
    mount.spec = *volume.mount;
    const auto created = d_.writer.Create(mount);
    if (!created && created.error().code() != Code::kAlreadyExists) return created.error();
  }
  return {};
}

Result<> SandboxReconciler::StartContainer(const Sandbox& sandbox, const store::Key& key,
                                           const std::vector<ResolvedVolume>& volumes) {
  std::map<std::string, std::string> targets;
  for (const ResolvedVolume& volume : volumes) {
    if (!volume.mount) continue;
    const auto mount = d_.cache.Get<api::v1::Mount>({"mounts", "", volume.mount_name});
    if (!mount || !ProvenAlive(*mount, d_.run))
      return {};  // changed a moment ago: its event brings us back
    targets[volume.name] = mount->status.target;
  }
  // The image has come since: the pause after the failed create is over.
  if (const auto last = d_.ops.Last(key);
      last && last->error && ReasonOf(*last->error) == reason::kImageNotFound) {
    d_.ops.Forget(key);
  }
  d_.ops.Start(key, std::string(kStartOp),
               [this, sandbox, volumes, targets](const std::stop_token& stop) {
                 return d_.container_ops.Start(sandbox, volumes, targets, stop);
               });
  return {};
}

// The Secret of spec.imagePullSecret when it was made of inline keys, for this sandbox alone: then
// the sandbox owns it.
std::shared_ptr<const api::v1::Secret> SandboxReconciler::OwnPullSecret(
    const Sandbox& sandbox) const {
  if (!sandbox.spec.image_pull_secret) return nullptr;
  auto secret = d_.cache.Get<api::v1::Secret>(
      {"secrets", sandbox.metadata.namespace_, sandbox.spec.image_pull_secret->name});
  if (!secret) return nullptr;
  const bool own = std::ranges::any_of(
      secret->metadata.owner_references,
      [&sandbox](const auto& owner) { return owner.uid == sandbox.metadata.uid; });
  return own ? secret : nullptr;
}

Result<> SandboxReconciler::DropPullSecret(const Sandbox& sandbox) {
  const auto secret = OwnPullSecret(sandbox);
  if (!secret) return {};
  const auto deleted = d_.writer.Delete(*secret);
  if (!deleted && deleted.error().code() != Code::kNotFound) return deleted.error();
  return {};
}

Result<docker::RegistryAuth> SandboxReconciler::PullAuth(const Sandbox& sandbox) const {
  docker::RegistryAuth auth;
  if (!sandbox.spec.image_pull_secret) return auth;
  const std::string& name = sandbox.spec.image_pull_secret->name;
  const auto secret = d_.cache.Get<api::v1::Secret>({"secrets", sandbox.metadata.namespace_, name});
  if (!secret)
    return Error(Code::kUnauthenticated,
                 "spec.imagePullSecret: Secret " + name + " does not exist");
  return RegistryAuthOf(*secret);
}

Result<> SandboxReconciler::PullImage(const Sandbox& sandbox) {
  auto auth = PullAuth(sandbox);
  d_.pulls.Start(PullKey(sandbox), "pull",
                 [this, sandbox, auth](const std::stop_token& stop) -> Result<> {
                   if (!auth) return auth.error();
                   docker::PullOptions options{.platform = {}, .auth = *auth, .on_progress = {}};
                   if (sandbox.spec.platform && !sandbox.spec.platform->arch.empty()) {
                     options.platform =
                         (sandbox.spec.platform->os.empty() ? "linux" : sandbox.spec.platform->os) +
                         "/" + sandbox.spec.platform->arch;
                   }
                   auto pulled = d_.docker.PullImage(sandbox.spec.image, options,
                                                     {.timeout = Duration(0), .stop = stop});
                   if (!pulled)
                     return std::move(pulled).error().Wrap("spec.image " + sandbox.spec.image);
                   return {};
                 });
  return {};
}

// The last act: a container that only the engine knows (a create whose answer
// was lost) goes too, then the record.
Result<> SandboxReconciler::Release(const Sandbox& sandbox, const store::Key& key) {
  Result<> removed =
      d_.docker.RemoveContainer(ContainerName(sandbox), {.force = true, .volumes = true});
  if (!removed && removed.error().code() != Code::kNotFound) return removed;
  OSBX_CHECK(d_.container_ops.CleanUp(sandbox));
  d_.ops.Forget(key);
  return d_.writer.DropFinalizer(sandbox, registry::kContainerFinalizer);
}

// Events for people: only what has changed, in the past tense.
void SandboxReconciler::Announce(const Sandbox& before, const SandboxPlan& plan) {
  const auto& status = plan.status;
  const auto ref = ctrl::ReferenceTo(before);
  if (status.phase != before.status.phase && status.phase == "Running") {
    d_.events.Record(ref, ctrl::EventLevel::kNormal, "Started",
                     "Started container " + status.container_id.substr(0, 12));
  }
  if (status.last_termination != before.status.last_termination && status.last_termination) {
    const auto& end = *status.last_termination;
    std::string text = end.message;
    if (end.exit_code) text = "The process ended with code " + std::to_string(*end.exit_code);
    const bool good = end.reason == "Completed";
    d_.events.Record(ref, good ? ctrl::EventLevel::kNormal : ctrl::EventLevel::kWarning, end.reason,
                     text);
  }
  const bool ended = status.last_termination != before.status.last_termination;  // told above
  const bool waits = status.phase == "Pending" && !status.message.empty() &&
                     status.message != before.status.message;
  if (waits || (status.phase == "Failed" && before.status.phase != "Failed" && !ended)) {
    const bool trouble = status.reason != "Mounting" && status.reason != "PullingImage" &&
                         status.reason != "WaitingForVolumes";
    d_.events.Record(ref, trouble ? ctrl::EventLevel::kWarning : ctrl::EventLevel::kNormal,
                     status.reason, status.message);
  }
}

}  // namespace osbx::reconcilers
