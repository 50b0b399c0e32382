// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/sandbox/container_spec.h"

#include <algorithm>
#include <charconv>

#include "base/quantity.h"
#include "reconcilers/engine/container_table.h"

namespace osbx::reconcilers {
namespace {

constexpr std::size_t kLongestHostname = 63;

Result<int> ParseGpus(const std::string& text) {
  if (text == "all") return -1;
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count <= 0) {
    return Error(Code::kInvalid, "spec.resources.limits.gpu: must be a positive number or \"all\"");
  }
  return count;
}

// The sandbox's own variables win over the host's defaults; OSBX_SANDBOX_* say who it is.
std::vector<std::pair<std::string, Secret>> Environment(const api::v1::Sandbox& sandbox,
                                                        const ContainerDefaults& defaults) {
  std::map<std::string, std::string> merged = defaults.env;
  merged["OSBX_SANDBOX_NAME"] = sandbox.metadata.name;
  merged["OSBX_SANDBOX_NAMESPACE"] = sandbox.metadata.namespace_;
  for (const api::v1::EnvVar& variable : sandbox.spec.env) merged[variable.name] = variable.value;
  std::vector<std::pair<std::string, Secret>> out;
  out.reserve(merged.size());
  for (const auto& [name, value] : merged) out.emplace_back(name, Secret(value));
  return out;
}

std::vector<std::string> SecurityOptions(const ContainerDefaults& defaults) {
  std::vector<std::string> out;
  if (defaults.no_new_privileges) out.emplace_back("no-new-privileges=true");
  if (!defaults.apparmor_profile.empty()) out.push_back("apparmor=" + defaults.apparmor_profile);
  if (!defaults.seccomp_profile.empty()) out.push_back("seccomp=" + defaults.seccomp_profile);
  return out;
}

std::vector<docker::MountSpec> Mounts(const ContainerParts& parts,
                                      const ContainerDefaults& defaults) {
  std::vector<docker::MountSpec> out;
  out.push_back({.type = docker::MountType::kBind,
                 .source = defaults.execd_path,
                 .target = kExecdInside,
                 .read_only = true});
  out.push_back({.type = docker::MountType::kBind,
                 .source = parts.slot_path,
                 .target = kSlotInside,
                 .propagation = docker::Propagation::kSlave});
  out.insert(out.end(), defaults.mounts.begin(), defaults.mounts.end());
  for (const BoundVolume& volume : parts.volumes) {
    out.push_back({.type = volume.type,
                   .source = volume.source,
                   .target = volume.target,
                   .read_only = volume.read_only});
  }
  return out;
}

// Behind its socket alone, unless its port is published.
std::vector<std::string> Execd(const ContainerParts& parts) {
  std::vector<std::string> out = {kExecdInside, "--socket", kSocketInside};
  for (const docker::PortSpec& port : parts.ports) {
    if (port.container_port != kExecdPort) continue;
    out.insert(out.end(), {"--port", std::to_string(kExecdPort)});
  }
  out.emplace_back("--");
  return out;
}

}  // namespace

std::string UserNetworkOf(const std::string& network_mode) {
  static constexpr std::string_view kModes[] = {"", "default", "bridge", "host", "none"};
  if (std::ranges::find(kModes, network_mode) != std::end(kModes)) return "";
  return network_mode.starts_with("container:") ? "" : network_mode;
}

std::string RuntimeOf(const api::v1::Sandbox& sandbox, const ContainerDefaults& defaults) {
  return sandbox.spec.runtime.empty() ? defaults.runtime : sandbox.spec.runtime;
}

std::string ContainerName(const api::v1::Sandbox& sandbox) {
  return "sandbox-" + sandbox.metadata.uid;
}

Result<Limits> LimitsOf(const api::v1::Sandbox& sandbox, std::int64_t pids_limit) {
  Limits out;
  out.resources.pids_limit = pids_limit;
  if (!sandbox.spec.resources) return out;
  for (const auto& [name, amount] : sandbox.spec.resources->limits) {
    if (name == "memory") {
      OSBX_TRY(out.resources.memory_bytes, ParseMemory(amount));
    } else if (name == "cpu") {
      OSBX_TRY(out.resources.nano_cpus, ParseCpu(amount));
    } else if (name == "gpu") {
      OSBX_TRY(out.gpus, ParseGpus(amount));
    }
  }
  return out;
}

Result<docker::ContainerSpec> BuildContainer(const api::v1::Sandbox& sandbox,
                                             const ContainerParts& parts,
                                             const ContainerDefaults& defaults) {
  if (parts.command.empty()) {
    return Error(Code::kInvalid,
                 "spec.entrypoint: neither it nor the image names a command to run");
  }
  OSBX_TRY(const Limits limits, LimitsOf(sandbox, defaults.pids_limit));
  docker::ContainerSpec spec;
  spec.name = ContainerName(sandbox);
  spec.image = sandbox.spec.image;
  if (sandbox.spec.platform && !sandbox.spec.platform->arch.empty()) {
    const std::string& os = sandbox.spec.platform->os;
    spec.platform = (os.empty() ? "linux" : os) + "/" + sandbox.spec.platform->arch;
  }
  spec.entrypoint = Execd(parts);
  spec.cmd = parts.command;
  spec.env = Environment(sandbox, defaults);
  spec.labels = {{std::string(kUidLabel), sandbox.metadata.uid},
                 {std::string(kNamespaceLabel), sandbox.metadata.namespace_},
                 {std::string(kNameLabel), sandbox.metadata.name}};
  spec.working_dir = sandbox.spec.working_dir;
  spec.user = sandbox.spec.user;
  if (defaults.network_mode != "host")
    spec.hostname = sandbox.metadata.name.substr(0, kLongestHostname);
  spec.mounts = Mounts(parts, defaults);
  spec.resources = limits.resources;
  spec.gpus = limits.gpus;
  spec.cap_drop = defaults.drop_capabilities;
  spec.security_opt = SecurityOptions(defaults);
  spec.network_mode = defaults.network_mode;
  spec.ports = parts.ports;
  spec.runtime = RuntimeOf(sandbox, defaults);
  spec.log_driver = "local";
  return spec;
}

}  // namespace osbx::reconcilers
