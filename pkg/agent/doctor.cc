// SPDX-License-Identifier: Apache-2.0
// Compares what the store says with what Docker, the mount table and the directories show. A
// finding names what is wrong and what osbxd does about it by itself; with `fix` the rest is
// repaired: only empty directories below the mount root (I1, I7).
#include <algorithm>
#include <filesystem>
#include <map>

#include <nlohmann/json.hpp>

#include "agent/agent.h"
#include "api/v1/mount.h"
#include "api/v1/sandbox.h"

namespace osbx::agent {
namespace {

Json Finding(const std::string& what, const std::string& object, const std::string& message,
             const std::string& remedy) {
  return {{"kind", what}, {"object", object}, {"message", message}, {"remedy", remedy}};
}

void CompareContainers(const std::vector<docker::ContainerSummary>& containers,
                       const std::vector<std::shared_ptr<const api::v1::Sandbox>>& sandboxes,
                       Json& findings) {
  std::map<std::string, std::string> by_uid;
  for (const auto& container : containers) {
    const auto uid = container.labels.find("osbx.dev/uid");
    if (uid != container.labels.end()) by_uid[uid->second] = container.id;
  }
  for (const auto& sandbox : sandboxes) {
    const std::string name = sandbox->metadata.namespace_ + "/" + sandbox->metadata.name;
    const bool there = by_uid.erase(sandbox->metadata.uid) > 0;
    if (!there && sandbox->status.phase == "Running") {
      findings.push_back(Finding("MissingContainer", name,
                                 "the sandbox is Running but Docker has no container of it",
                                 "osbxd makes it anew"));
    }
  }
  for (const auto& [uid, id] : by_uid) {
    findings.push_back(Finding("OrphanContainer", id.substr(0, 12),
                               "a container with our label has no Sandbox",
                               "osbxd removes it after osbx.orphans.grace_seconds"));
  }
}

void CompareMounts(const mount::Inventory& inventory,
                   const std::vector<std::shared_ptr<const api::v1::Mount>>& mounts,
                   Json& findings) {
  for (const auto& row : inventory.mounts) {
    const bool known = std::ranges::any_of(
        mounts, [&row](const auto& mount) { return mount->status.target == row.target; });
    if (!known) {
      findings.push_back(
          Finding("UnknownMount", row.target, "mounted below the mount root without a Mount object",
                  "left alone, as osbx did not make it; umount it if nobody needs it"));
    }
  }
  for (const auto& mount : mounts) {
    if (mount->status.phase != "Mounted") continue;
    const bool there = std::ranges::any_of(
        inventory.mounts, [&mount](const auto& row) { return row.target == mount->status.target; });
    const bool served = std::ranges::any_of(inventory.servers, [&mount](const auto& server) {
      return server.pid == mount->status.pid.value_or(0);
    });
    if (!there || !served) {
      findings.push_back(
          Finding(there ? "DeadMount" : "MissingMount", mount->metadata.name,
                  mount->status.target + (there ? " has no server any more" : " is not mounted"),
                  "osbxd mounts it again"));
    }
  }
  for (const auto& server : inventory.servers) {
    const bool known = std::ranges::any_of(
        mounts, [&server](const auto& mount) { return mount->metadata.name == server.name; });
    if (!known) {
      findings.push_back(Finding("StrayServer", std::to_string(server.pid),
                                 server.command + " serves no Mount object",
                                 "left alone; it ends when its mount is unmounted"));
    }
  }
}

}  // namespace

Result<Json> Agent::Doctor(bool fix) {
  Json findings = Json::array();
  const auto containers =
      d_.docker.ListContainers({.all = true, .filters = {{"label", {"osbx.dev/uid"}}}});
  if (containers) {
    CompareContainers(*containers, d_.cache.List<api::v1::Sandbox>(), findings);
  } else {
    findings.push_back(Finding("DockerUnreachable", d_.node_name, containers.error().message(),
                               "osbxd waits for it; start Docker, or correct docker.host"));
  }
  OSBX_TRY(const mount::Inventory inventory, d_.mounter.InspectAll());
  CompareMounts(inventory, d_.cache.List<api::v1::Mount>(), findings);
  for (const std::string& directory : inventory.stray_directories) {
    std::string remedy = "an empty directory; removed by doctor --fix";
    if (fix) {
      const Result<> removed = d_.mounter.RemoveStrayDirectory(directory);
      remedy = removed ? "removed" : "cannot be removed: " + removed.error().message();
    }
    findings.push_back(Finding("StrayDirectory", directory, "no mount uses it", remedy));
  }
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(d_.slot_root, failed)) {
    const std::string uid = entry.path().filename();
    const auto sandboxes = d_.cache.List<api::v1::Sandbox>();
    const bool known = std::ranges::any_of(
        sandboxes, [&uid](const auto& sandbox) { return sandbox->metadata.uid == uid; });
    if (!known)
      findings.push_back(Finding("StraySlot", entry.path(), "a slot directory that no sandbox has",
                                 "left alone; umount and rmdir it if no container uses it"));
  }
  return Json{{"kind", "DoctorReport"},
              {"apiVersion", "osbx.dev/v1"},
              {"node", d_.node_name},
              {"findings", findings}};
}

}  // namespace osbx::agent
