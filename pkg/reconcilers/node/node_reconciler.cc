// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/node/node_reconciler.h"

#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>

#include <nlohmann/json.hpp>

#include "ctrl/conditions.h"

namespace osbx::reconcilers {
namespace {

using api::v1::Node;
using api::v1::NodeStatus;
using std::chrono::seconds;

constexpr Duration kInterval = seconds(10);

std::string FirstLine(const char* path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

std::string OsImage() {
  std::ifstream in("/etc/os-release");
  for (std::string line; std::getline(in, line);) {
    static constexpr std::string_view kKey = "PRETTY_NAME=\"";
    if (line.starts_with(kKey) && line.ends_with('"'))
      return line.substr(kKey.size(), line.size() - kKey.size() - 1);
  }
  return "";
}

std::string Architecture(const std::string& machine) {
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return machine;
}

std::string VersionOf(const mount::Programs& programs, std::string_view name) {
  const mount::Program* program = programs.Find(name);
  if (program == nullptr) return "";
  return program->version.empty() ? "unknown" : program->version;
}

}  // namespace

std::string ReadBootId() {
  return FirstLine("/proc/sys/kernel/random/boot_id");
}

NodeFacts DescribeMachine(const std::string& version) {
  NodeFacts facts;
  utsname name{};
  uname(&name);
  facts.info.kernel_version = name.release;
  facts.info.architecture = Architecture(name.machine);
  facts.info.operating_system = "linux";
  facts.info.os_image = OsImage();
  facts.info.kubelet_version = version;
  facts.info.machine_id = FirstLine("/etc/machine-id");
  facts.boot_id = ReadBootId();
  facts.info.boot_id = facts.boot_id;
  struct sysinfo size {};
  sysinfo(&size);
  facts.capacity["cpu"] = std::to_string(sysconf(_SC_NPROCESSORS_ONLN));
  facts.capacity["memory"] = std::to_string(size.totalram / 1024 * size.mem_unit) + "Ki";
  return facts;
}

NodeStatus PlanNode(const Node& node, const NodeFacts& facts) {
  NodeStatus status = node.status;
  const bool ossfs1 = facts.programs.Find("ossfs") != nullptr;
  const bool ossfs2 = facts.programs.Find("ossfs2") != nullptr;
  status.capacity = facts.capacity;
  status.allocatable = facts.capacity;
  status.docker_version = facts.engine.engine;
  status.docker_api_version = facts.engine.api;
  status.ossfs1_version = VersionOf(facts.programs, "ossfs");
  status.ossfs2_version = VersionOf(facts.programs, "ossfs2");
  status.fuse_device = facts.programs.fuse_device;
  status.boot_id = facts.boot_id;
  status.sandboxes = facts.sandboxes;
  status.node_info = facts.info;
  status.node_info->container_runtime_version = "docker://" + facts.engine.engine;
  const auto set = [&](std::string_view type, bool holds, std::string_view yes, std::string_view no,
                       const std::string& message) {
    ctrl::SetCondition(status.conditions, type, holds ? "True" : "False", holds ? yes : no,
                       holds ? "" : message, facts.now);
  };
  set("DockerReachable", facts.engine_known, "Connected", "Unreachable", facts.engine_error);
  set("FuseDevice", facts.programs.fuse_device, "Present", "Missing",
      "/dev/fuse is not a character device");
  set("OssfsPrograms", ossfs1 || ossfs2, "Present", "Missing",
      "neither ossfs nor ossfs2 is on the search path");
  set("Ready", facts.engine_known, "Ready", "NotReady", "the Docker engine cannot be reached");
  return status;
}

Result<> NodeReconciler::EnsureNode() {
  if (d_.cache.Get<Node>({"nodes", "", d_.node_name})) return {};
  Node node;
  node.metadata.name = d_.node_name;
  node.metadata.labels["kubernetes.io/hostname"] = d_.node_name;
  const auto created = d_.writer.Create(node);
  if (!created && created.error().code() != Code::kAlreadyExists) return created.error();
  return {};
}

Result<ctrl::Outcome> NodeReconciler::Reconcile(const store::Key& key) {
  const auto node = d_.cache.Get<Node>(key);
  if (!node || key.name != d_.node_name) return ctrl::Outcome{};
  NodeFacts facts = DescribeMachine(d_.version);
  facts.now = d_.clock.Now();
  const auto engine = d_.docker.Version({.timeout = seconds(5), .stop = {}});
  facts.engine_known = engine.has_value() && d_.containers.Known();
  if (engine) facts.engine = *engine;
  if (!engine) facts.engine_error = engine.error().message();
  facts.programs = mount::DetectPrograms(d_.search_path);
  facts.sandboxes = static_cast<std::int32_t>(d_.containers.CountOurs());
  Node changed = *node;
  changed.status = PlanNode(*node, facts);
  if (changed.status != node->status) OSBX_CHECK(d_.writer.UpdateStatus(changed));
  return ctrl::Outcome{.after = kInterval};
}

}  // namespace osbx::reconcilers
