// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/sandbox/container_ops.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/contained.h"
#include "base/endpoint_token.h"
#include "drivers/mount/host_path.h"
#include "drivers/mount/slot.h"
#include "reconcilers/sandbox/ping.h"

namespace osbx::reconcilers {
namespace {

using std::chrono::seconds;

constexpr Duration kCreateDeadline = seconds(30);
constexpr Duration kStartDeadline =
    seconds(60);  // an overloaded engine starts slowly; repeating makes it slower
constexpr int kPortAttempts = 3;
constexpr std::string_view kManagedLabel = "osbx.dev/volume-managed-by";

// By the rules of the path, not by the file system.
bool Refused(const Error& error) {
  return error.code() == Code::kPermissionDenied && error.os_errno() == 0;
}

// "spec.volumes[1].subPath: …": which field the error of a host path is about; the driver calls
// them path and subPath.
Error InField(const api::v1::Sandbox& sandbox, const ResolvedVolume& volume, Error error) {
  const auto& volumes = sandbox.spec.volumes;
  const auto found = std::ranges::find(volumes, volume.name, &api::v1::VolumeMount::name);
  std::string field = "spec.volumes[" + std::to_string(found - volumes.begin()) + "]";
  const bool of_sub_path = !error.causes().empty() && error.causes().front().field == "subPath";
  if (of_sub_path) {
    field += ".subPath";
  } else if (found != volumes.end() && found->host) {
    field += ".host.path";
  } else if (found != volumes.end() && found->volume_ref) {
    field += ".volumeRef";
  }
  return std::move(error).Wrap(field);
}

// First-cause decoration of a Result on its way up.
template <class T>
Result<T> Tag(std::string_view word, Result<T> result) {
  if (result) return result;
  return Because(word, std::move(result).error());
}

}  // namespace

std::string_view PullReason(Code code) {
  switch (code) {
    case Code::kPermissionDenied:
    case Code::kUnauthenticated:
      return reason::kImagePullDenied;
    case Code::kNotFound:
      return reason::kImageNotFound;
    default:
      return reason::kImagePullFailed;
  }
}

std::string ContainerOps::StageDir(const std::string& uid) const {
  return options_.stage_root + "/" + uid;
}

Result<> ContainerOps::Start(const api::v1::Sandbox& sandbox,
                             const std::vector<ResolvedVolume>& volumes,
                             const std::map<std::string, std::string>& mount_targets,
                             std::stop_token stop) {
  const docker::Call create{.timeout = kCreateDeadline, .stop = stop};
  OSBX_TRY(const std::string slot,
           Tag(reason::kCreateFailed, mount::EnsureSlot(options_.slot_root, sandbox.metadata.uid)));
  OSBX_TRY(const std::vector<BoundVolume> bound, Bind(sandbox, volumes, mount_targets, create));
  OSBX_TRY(const std::vector<std::string> command, Command(sandbox, create));
  const auto row = table_.FindByUid(sandbox.metadata.uid);
  const bool runs = row && row->status == docker::ContainerStatus::kRunning;
  if (!runs) OSBX_CHECK(HandToken(sandbox, slot));
  const Result<std::string> id =
      CreateAndStart(sandbox, {.command = command, .volumes = bound, .slot_path = slot}, stop);
  Result<> answered = id ? WaitForExecd(slot, *id, stop) : Result<>(id.error());
  if (!runs) Ignore(RemoveBeneath(slot, kExecdToken), "it goes with the slot");
  if (id) OSBX_CHECK(Refresh(*id));
  return answered;
}

// execd reads its token when it starts, under whatever user the image or the spec names, so the
// file is readable by all: on the host only root gets as far as the slot, and in the container
// nothing else runs yet. A root execd removes it then; for another, which cannot (the directory is
// sticky), it is taken back once execd answers: its processes are execd's equals.
Result<> ContainerOps::HandToken(const api::v1::Sandbox& sandbox, const std::string& slot) {
  constexpr unsigned kReadableByAll = 0444;
  return Tag(
      reason::kStartFailed,
      WriteBeneath(slot, kExecdToken, EndpointToken(options_.install_key, sandbox.metadata.uid),
                   kReadableByAll));
}

// A published port that somebody took meanwhile is replaced by another; the container is made anew
// for that, which harms nothing as long as it has never run.
Result<std::string> ContainerOps::CreateAndStart(const api::v1::Sandbox& sandbox,
                                                 ContainerParts parts, std::stop_token stop) {
  const docker::Call create{.timeout = kCreateDeadline, .stop = stop};
  for (int attempt = 1;; ++attempt) {
    OSBX_TRY(parts.ports, ChooseHostPorts(options_.defaults.publish));
    OSBX_TRY(const docker::ContainerSpec spec,
             Tag(reason::kCreateFailed, BuildContainer(sandbox, parts, options_.defaults)));
    OSBX_TRY(const Ensured container, EnsureContainer(sandbox, spec, create));
    Result<> started =
        docker_.StartContainer(container.id, {.timeout = kStartDeadline, .stop = stop});
    if (started) return container.id;
    Ignore(Refresh(container.id), "the event stream tells it as well");
    if (!container.made || attempt == kPortAttempts || AllFree(parts.ports)) {
      return Diagnose(sandbox, reason::kStartFailed, std::move(started).error());
    }
    OSBX_CHECK(Discard(container.id, create));
  }
}

// Removes a container of ours that has never run.
Result<> ContainerOps::Discard(const std::string& id, const docker::Call& call) {
  Result<> removed = docker_.RemoveContainer(id, {.force = true, .volumes = true}, call);
  if (!removed && removed.error().code() != Code::kNotFound) {
    return Because(reason::kStartFailed, std::move(removed).error());
  }
  table_.Forget(id);
  return {};
}

// Creates the container or finds the one an earlier attempt made. One of the name that is not ours
// is left alone (I7).
Result<ContainerOps::Ensured> ContainerOps::EnsureContainer(const api::v1::Sandbox& sandbox,
                                                            const docker::ContainerSpec& spec,
                                                            const docker::Call& call) {
  if (const auto row = table_.FindByUid(sandbox.metadata.uid)) {
    // Its ports may be taken by now, and nobody knows which they are.
    const bool anew = !spec.ports.empty() && row->status == docker::ContainerStatus::kCreated;
    if (!anew) return Ensured{.id = row->id};
    OSBX_CHECK(Discard(row->id, call));
  }
  Result<std::string> created = docker_.CreateContainer(spec, call);
  if (created) return Ensured{.id = *std::move(created), .made = true};
  if (created.error().code() == Code::kNotFound) {
    return Because(reason::kImageNotFound, std::move(created).error());
  }
  if (created.error().code() != Code::kAlreadyExists) {
    return Diagnose(sandbox, reason::kCreateFailed, std::move(created).error());
  }
  const Time asked = clock_.Now();
  OSBX_TRY(const docker::ContainerInfo found,
           Tag(reason::kCreateFailed, docker_.InspectContainer(spec.name, call)));
  const auto uid = found.labels.find(std::string(kUidLabel));
  if (uid == found.labels.end() || uid->second != sandbox.metadata.uid) {
    return Because(reason::kCreateFailed,
                   Error(Code::kFailedPrecondition,
                         "a container named " + spec.name + " exists and is not ours"));
  }
  table_.Put(found, asked);
  return Ensured{.id = found.id};
}

// By looking, not by the engine's words, which change between its versions.
Error ContainerOps::Diagnose(const api::v1::Sandbox& sandbox, std::string_view word, Error error) {
  const std::string network = UserNetworkOf(options_.defaults.network_mode);
  if (!network.empty()) {
    const auto found = docker_.InspectNetwork(network);
    if (!found && found.error().code() == Code::kNotFound) {
      return Because(reason::kNetworkNotFound,
                     Error(Code::kFailedPrecondition,
                           "docker.network_mode: Docker has no network " + network));
    }
  }
  const std::string runtime = RuntimeOf(sandbox, options_.defaults);
  if (!runtime.empty()) {
    const auto engine = docker_.Info();
    if (engine && std::ranges::find(engine->runtimes, runtime) == engine->runtimes.end()) {
      return Because(reason::kRuntimeNotFound,
                     Error(Code::kFailedPrecondition, "Docker has no runtime " + runtime));
    }
  }
  return Because(word, std::move(error));
}

Result<std::vector<std::string>> ContainerOps::Command(const api::v1::Sandbox& sandbox,
                                                       const docker::Call& call) {
  if (!sandbox.spec.entrypoint.empty()) return sandbox.spec.entrypoint;
  auto image = docker_.InspectImage(sandbox.spec.image, call);
  if (!image) {
    const bool missing = image.error().code() == Code::kNotFound;
    return Because(missing ? reason::kImageNotFound : reason::kCreateFailed,
                   std::move(image).error());
  }
  std::vector<std::string> command = image->entrypoint;
  command.insert(command.end(), image->cmd.begin(), image->cmd.end());
  return command;
}

Result<std::vector<BoundVolume>> ContainerOps::Bind(
    const api::v1::Sandbox& sandbox, const std::vector<ResolvedVolume>& volumes,
    const std::map<std::string, std::string>& mount_targets, const docker::Call& call) {
  std::vector<BoundVolume> out;
  for (const ResolvedVolume& volume : volumes) {
    if (volume.mount) {
      const auto target = mount_targets.find(volume.name);
      if (target == mount_targets.end()) {
        return Because(reason::kMountFailed,
                       Error(Code::kInternal, "volume " + volume.name + " has no mount"));
      }
      out.push_back(
          {.source = target->second, .target = volume.mount_path, .read_only = volume.read_only});
    } else if (volume.host) {
      OSBX_TRY(BoundVolume bound, BindHost(sandbox, volume));
      out.push_back(std::move(bound));
    } else if (volume.pvc) {
      OSBX_TRY(BoundVolume bound, BindPvc(sandbox, volume, call));
      out.push_back(std::move(bound));
    }
  }
  return out;
}

Result<BoundVolume> ContainerOps::BindHost(const api::v1::Sandbox& sandbox,
                                           const ResolvedVolume& volume) {
  auto staged = mount::StageHostPath({.allowed_prefixes = options_.allowed_host_paths,
                                      .path = volume.host->path,
                                      .sub_path = volume.sub_path,
                                      .stage_dir = StageDir(sandbox.metadata.uid),
                                      .name = volume.name});
  if (!staged) {
    const bool refused = Refused(staged.error());
    return Because(refused ? reason::kHostPathRefused : reason::kHostPathFailed,
                   InField(sandbox, volume, std::move(staged).error()));
  }
  return BoundVolume{.source = *staged, .target = volume.mount_path, .read_only = volume.read_only};
}

Result<BoundVolume> ContainerOps::BindPvc(const api::v1::Sandbox& sandbox,
                                          const ResolvedVolume& volume, const docker::Call& call) {
  const std::string& name = volume.pvc->claim_name;
  auto info = docker_.InspectVolume(name, call);
  if (!info && info.error().code() == Code::kNotFound && volume.pvc->create_if_not_exists) {
    // The label says whose it is: only a volume that this sandbox made goes with it.
    info = docker_.CreateVolume({.name = name,
                                 .driver = "local",
                                 .options = {},
                                 .labels = {{std::string(kManagedLabel), sandbox.metadata.uid}}},
                                call);
  }
  if (!info) {
    const bool missing = info.error().code() == Code::kNotFound;
    return Because(missing ? reason::kPvcNotFound : reason::kPvcFailed,
                   std::move(info).error().Wrap("Docker volume " + name));
  }
  if (volume.sub_path.empty()) {
    return BoundVolume{.type = docker::MountType::kVolume,
                       .source = name,
                       .target = volume.mount_path,
                       .read_only = volume.read_only};
  }
  if (info->driver != "local" || info->mountpoint.empty()) {
    return Because(
        reason::kPvcSubPathUnsupported,
        Error(Code::kInvalid, "Docker volume " + name + ": subPath needs the driver \"local\""));
  }
  auto staged = mount::StageHostPath({.allowed_prefixes = {info->mountpoint},
                                      .path = info->mountpoint,
                                      .sub_path = volume.sub_path,
                                      .stage_dir = StageDir(sandbox.metadata.uid),
                                      .name = volume.name});
  if (!staged) {
    const bool refused = Refused(staged.error());
    return Because(refused ? reason::kSubPathRefused : reason::kPvcFailed,
                   InField(sandbox, volume, std::move(staged).error()));
  }
  return BoundVolume{.source = *staged, .target = volume.mount_path, .read_only = volume.read_only};
}

// Running means that execd answers. A container that has ended meanwhile is not waited for: its end
// is what counts.
Result<> ContainerOps::WaitForExecd(const std::string& slot, const std::string& id,
                                    std::stop_token stop) {
  const Result<> answered = PingUntil(
      slot, options_.ping_deadline,
      [&] {
        const auto info = docker_.InspectContainer(id, {.timeout = seconds(5), .stop = stop});
        // An engine that does not answer says nothing about the container.
        return info ? info->state.Running() : info.error().code() != Code::kNotFound;
      },
      stop);
  if (answered || answered.error().code() == Code::kFailedPrecondition) return {};
  return Because(reason::kExecdSilent, answered.error());
}

Result<> ContainerOps::Remove(const api::v1::Sandbox& sandbox, seconds grace,
                              std::stop_token stop) {
  const auto row = table_.FindByUid(sandbox.metadata.uid);
  const std::string id = row ? row->id : ContainerName(sandbox);
  if (row && row->status == docker::ContainerStatus::kRunning && grace.count() > 0) {
    const Result<> stopped =
        docker_.StopContainer(id, grace, {.timeout = seconds(10), .stop = stop});
    Ignore(stopped, "a forced removal follows");
  }
  Result<> removed = docker_.RemoveContainer(id, {.force = true, .volumes = true},
                                             {.timeout = kStartDeadline, .stop = stop});
  if (!removed && removed.error().code() != Code::kNotFound) {
    return Because(reason::kRemoveFailed, std::move(removed).error());
  }
  if (row) table_.Forget(row->id);
  return CleanUp(sandbox);
}

Result<> ContainerOps::CleanUpRemains(const std::string& uid) {
  OSBX_CHECK(Tag(reason::kRemoveFailed, mount::RemoveStaged(StageDir(uid))));
  return Tag(reason::kRemoveFailed, mount::RemoveSlot(options_.slot_root, uid));
}

std::vector<std::string> ContainerOps::Remains() const {
  return mount::ListSlots(options_.slot_root);
}

Result<> ContainerOps::CleanUp(const api::v1::Sandbox& sandbox) {
  OSBX_CHECK(CleanUpRemains(sandbox.metadata.uid));
  for (const auto& volume : sandbox.spec.volumes) {
    if (!volume.pvc || !volume.pvc->delete_on_sandbox_termination) continue;
    const auto info = docker_.InspectVolume(volume.pvc->claim_name);
    if (!info) continue;
    const auto made_by = info->labels.find(std::string(kManagedLabel));
    if (made_by == info->labels.end() || made_by->second != sandbox.metadata.uid) continue;
    Result<> removed = docker_.RemoveVolume(volume.pvc->claim_name);
    // In use by another sandbox: it stays, and is theirs now.
    if (!removed && removed.error().code() != Code::kConflict &&
        removed.error().code() != Code::kNotFound) {
      return Because(reason::kRemoveFailed, std::move(removed).error());
    }
  }
  return {};
}

Result<> ContainerOps::Refresh(const std::string& id_or_name) {
  const Time asked = clock_.Now();
  auto info = docker_.InspectContainer(id_or_name);
  if (info) {
    table_.Put(*info, asked);
    return {};
  }
  if (info.error().code() != Code::kNotFound) return std::move(info).error();
  table_.Forget(id_or_name);
  return {};
}

Result<> ContainerOps::SetPaused(const std::string& id, bool paused) {
  const Result<> done = paused ? docker_.PauseContainer(id) : docker_.UnpauseContainer(id);
  OSBX_CHECK(Refresh(id));
  // The present state forbids it: as wanted already, or ended meanwhile; the table says which.
  if (!done && done.error().code() != Code::kConflict && done.error().code() != Code::kNotFound) {
    return Because(paused ? reason::kPauseFailed : reason::kResumeFailed, done.error());
  }
  return {};
}

Result<> ContainerOps::UpdateLimits(const api::v1::Sandbox& sandbox, const std::string& id) {
  OSBX_TRY(const Limits limits, LimitsOf(sandbox, options_.defaults.pids_limit));
  OSBX_CHECK(docker_.UpdateContainer(id, limits.resources));
  return Refresh(id);
}

bool ContainerOps::LimitsDiffer(const api::v1::Sandbox& sandbox,
                                const docker::Resources& actual) const {
  const auto wanted = LimitsOf(sandbox, options_.defaults.pids_limit);
  if (!wanted) return true;  // applying them says what is wrong
  const auto differ = [](std::int64_t want, std::int64_t is) { return want > 0 && want != is; };
  return differ(wanted->resources.memory_bytes, actual.memory_bytes) ||
         differ(wanted->resources.nano_cpus, actual.nano_cpus) ||
         differ(wanted->resources.pids_limit, actual.pids_limit);
}

}  // namespace osbx::reconcilers
