// SPDX-License-Identifier: Apache-2.0
#include "checks.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "ctrl/conditions.h"
#include "drivers/docker/stream_parse.h"

namespace osbx::sim {
namespace {

using docker::ContainerStatus;
using reconcilers::kUidLabel;

constexpr std::string_view kMountRoot = "/mnt/ossfs/";

bool Alive(const docker::ContainerSummary& container) {
  return container.status == ContainerStatus::kRunning ||
         container.status == ContainerStatus::kPaused;
}

std::string UidOf(const docker::Labels& labels) {
  const auto found = labels.find(std::string(kUidLabel));
  return found == labels.end() ? "" : found->second;
}

bool Uses(const docker::ContainerSummary& container, const std::string& target) {
  return std::ranges::any_of(container.mounts, [&target](const docker::ContainerMount& mount) {
    return mount.source == target || mount.source.starts_with(target + "/");
  });
}

}  // namespace

Checks::Checks(World& world) : world_(world) {
  world.kernel.on_unmount = [this](const std::string& target) {
    for (const auto& container : world_.Containers()) {
      if (Alive(container) && Uses(container, target)) {
        Violated("I2: " + target + " was unmounted while " + container.name + " used it");
      }
    }
  };
}

void Checks::Harmed(const std::string& uid) {
  harmed_.insert(uid);
  healthy_.erase(uid);
}

void Checks::AfterStep() {
  HearEngine();
  CheckHealthy();
}

void Checks::HearEngine() {
  for (const std::string& line : world_.engine.EventsFrom(next_event_)) {
    const auto event = docker::ParseEvent(line);
    if (!event || event->type != "container" || event->action != "start") continue;
    ++starts_;
    harmed_.erase(UidOf(event->attributes));
    CheckStart(event->id);
  }
}

// I12: nothing starts over a directory whose mount is missing or dead, unless the walk has taken it
// away in that very moment.
void Checks::CheckStart(const std::string& container_id) {
  for (const auto& container : world_.Containers()) {
    if (container.id != container_id) continue;
    for (const auto& mount : container.mounts) {
      if (!mount.source.starts_with(kMountRoot) || dropped_.contains(mount.source)) continue;
      const auto served = world_.kernel.mounts.find(mount.source);
      if (served == world_.kernel.mounts.end() || !served->second.alive) {
        Violated("I12: " + container.name + " was started without the mount at " + mount.source);
      }
    }
  }
}

// I4: what ran and was not harmed runs on, in the same container.
void Checks::CheckHealthy() {
  const auto containers = world_.Containers();
  std::map<std::string, std::string> now;
  for (const auto& sandbox : world_.Sandboxes()) {
    const std::string& uid = sandbox.metadata.uid;
    if (sandbox.metadata.deletion_timestamp || harmed_.contains(uid)) continue;
    const auto before = healthy_.find(uid);
    const std::string& id = before == healthy_.end() ? sandbox.status.container_id : before->second;
    const bool runs = std::ranges::any_of(containers, [&id](const auto& container) {
      return container.id == id && Alive(container);
    });
    if (before != healthy_.end() && !runs) {
      Violated("I4: the container of " + sandbox.metadata.name + " was harmed by osbxd");
    } else if (runs && (before != healthy_.end() || sandbox.status.phase == "Running")) {
      now[uid] = id;
    }
  }
  healthy_ = std::move(now);
}

void Checks::AtRest() {
  for (const auto& sandbox : world_.Sandboxes()) CheckSandbox(sandbox);
  CheckContainers();
  CheckMounts();
}

void Checks::CheckSandbox(const api::v1::Sandbox& sandbox) {
  const std::string who = "sandbox " + sandbox.metadata.name;
  const auto& status = sandbox.status;
  const std::string said = " (" + status.phase + ", " + status.reason + ": " + status.message + ")";
  if (sandbox.metadata.deletion_timestamp) return Violated(who + " is still being deleted" + said);
  const bool gave_up = status.gave_up.value_or(false);
  const bool finished = status.phase == "Succeeded" || status.phase == "Failed";
  if (finished) {
    if (!gave_up && sandbox.spec.restart_policy == "Always") {
      Violated(who + " has finished though it is restarted always" + said);
    }
    return;
  }
  const bool possible =
      sandbox.spec.image != "denied:1" &&
      std::ranges::all_of(sandbox.spec.volumes, [&](const api::v1::VolumeMount& volume) {
        return !volume.volume_ref || world_.Has("volumes", volume.volume_ref->name);
      });
  if (!possible) {
    if (status.phase != "Pending") Violated(who + " cannot run, and is not Pending" + said);
    return;
  }
  const std::string wanted = sandbox.spec.paused.value_or(false) ? "Paused" : "Running";
  if (status.phase != wanted) Violated(who + " is not " + wanted + said);
}

void Checks::CheckContainers() {
  std::map<std::string, const api::v1::Sandbox*> by_uid;
  const auto sandboxes = world_.Sandboxes();
  for (const auto& sandbox : sandboxes) by_uid[sandbox.metadata.uid] = &sandbox;
  std::set<std::string> seen;
  for (const auto& container : world_.Containers()) {
    const std::string uid = UidOf(container.labels);
    const auto owner = by_uid.find(uid);
    if (owner == by_uid.end()) {
      Violated("container " + container.name + " was left behind");
      continue;
    }
    if (!seen.insert(uid).second) Violated("two containers of " + owner->second->metadata.name);
    if (owner->second->status.gave_up.value_or(false)) {
      Violated("container of " + owner->second->metadata.name + ", which gave up, was left behind");
    }
    const auto wanted = owner->second->status.phase == "Paused" ? ContainerStatus::kPaused
                                                                : ContainerStatus::kRunning;
    const bool up =
        owner->second->status.phase == "Running" || owner->second->status.phase == "Paused";
    if (up && container.status != wanted) {
      Violated("container of " + owner->second->metadata.name + " is not as its status says");
    }
  }
  for (const auto& [uid, sandbox] : by_uid) {
    const bool up = sandbox->status.phase == "Running" || sandbox->status.phase == "Paused";
    if (up && !seen.contains(uid)) Violated(sandbox->metadata.name + " has no container");
  }
  for (const std::string& uid : world_.Slots()) {
    if (!by_uid.contains(uid)) Violated("slot " + uid + " was left behind");
  }
}

void Checks::CheckMounts() {
  std::set<std::string> named;
  for (const auto& sandbox : world_.Sandboxes()) {
    for (const auto& volume : sandbox.status.volumes) {
      if (!volume.mount.empty()) named.insert(volume.mount);
    }
  }
  std::set<std::string> targets;
  for (const auto& mount : world_.Mounts()) {
    const std::string& name = mount.metadata.name;
    targets.insert(mount.status.target);
    if (!named.contains(name)) Violated("Mount " + name + " was left behind");
    if (named.contains(name) && mount.status.phase != "Mounted") {
      Violated("Mount " + name + " is " + mount.status.phase + ": " + mount.status.last_error);
    }
    if (!world_.kernel.mounts.contains(mount.status.target)) {
      Violated("Mount " + name + " is not mounted");
    }
  }
  for (const auto& [target, served] : world_.kernel.mounts) {
    if (!targets.contains(target)) Violated(target + " is mounted and has no Mount");
    if (!served.alive) Violated(target + " has a dead server");
  }
}

}  // namespace osbx::sim
