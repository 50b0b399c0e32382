// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/decode.h"

#include <array>
#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/rfc3339.h"
#include "drivers/docker/json_fields.h"

namespace osbx::docker {
namespace {

using StatusWord = std::pair<std::string_view, ContainerStatus>;
constexpr std::array<StatusWord, 7> kStatusWords = {{
    {"created", ContainerStatus::kCreated},
    {"running", ContainerStatus::kRunning},
    {"paused", ContainerStatus::kPaused},
    {"restarting", ContainerStatus::kRestarting},
    {"removing", ContainerStatus::kRemoving},
    {"exited", ContainerStatus::kExited},
    {"dead", ContainerStatus::kDead},
}};
constexpr std::size_t kLongestMessageBytes = 2048;

Error Nonsense(std::string_view what) {
  return Error(Code::kInternal, "docker: answer is not " + std::string(what));
}

Result<Json> ParseObject(std::string_view body) {
  Json json = ParseLenient(body);
  if (!json.is_object()) return Nonsense("a JSON object");
  return json;
}

Result<Json> ParseArray(std::string_view body) {
  Json json = ParseLenient(body);
  if (!json.is_array()) return Nonsense("a JSON array");
  return json;
}

std::string WithoutSlash(std::string name) {
  if (!name.empty() && name.front() == '/') name.erase(0, 1);
  return name;
}

std::uint16_t PortOf(std::int64_t number) {
  return number > 0 && number <= 65535 ? static_cast<std::uint16_t>(number) : std::uint16_t{0};
}

std::uint16_t PortOf(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? PortOf(number)
                                                                  : std::uint16_t{0};
}

MountType MountTypeOf(std::string_view word) {
  if (word == "bind") return MountType::kBind;
  if (word == "volume") return MountType::kVolume;
  if (word == "tmpfs") return MountType::kTmpfs;
  return MountType::kOther;
}

std::vector<ContainerMount> MountsOf(const Json& container) {
  std::vector<ContainerMount> mounts;
  for (const Json& json : ArrayAt(container, "Mounts")) {
    ContainerMount mount;
    mount.type = MountTypeOf(StringAt(json, "Type"));
    mount.name = StringAt(json, "Name");
    mount.source = StringAt(json, "Source");
    mount.target = StringAt(json, "Destination");
    mount.read_only = !BoolAt(json, "RW");
    mount.propagation = StringAt(json, "Propagation");
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

std::map<std::string, std::string> AddressesOf(const Json& networks) {
  std::map<std::string, std::string> addresses;
  for (const auto& [name, endpoint] : networks.items()) {
    std::string address = StringAt(endpoint, "IPAddress");
    if (!address.empty()) addresses.emplace(name, std::move(address));
  }
  return addresses;
}

std::vector<PublishedPort> PortsOf(const Json& ports) {
  std::vector<PublishedPort> published;
  for (const auto& [key, bindings] : ports.items()) {
    if (!bindings.is_array()) continue;  // exposed only
    const std::string_view text = key;
    const std::size_t slash = text.find('/');
    for (const Json& binding : bindings) {
      PublishedPort port;
      port.container_port = PortOf(text.substr(0, slash));
      port.protocol = slash == std::string_view::npos ? "tcp" : text.substr(slash + 1);
      port.host_ip = StringAt(binding, "HostIp");
      port.host_port = PortOf(StringAt(binding, "HostPort"));
      published.push_back(std::move(port));
    }
  }
  return published;
}

ContainerState StateOf(const Json& json) {
  ContainerState state;
  state.status = ParseContainerStatus(StringAt(json, "Status"));
  state.oom_killed = BoolAt(json, "OOMKilled");
  state.exit_code = SmallIntAt(json, "ExitCode");
  state.pid = SmallIntAt(json, "Pid");
  state.error = StringAt(json, "Error");
  state.started_at = ParseEngineTime(StringAt(json, "StartedAt"));
  state.finished_at = ParseEngineTime(StringAt(json, "FinishedAt"));
  return state;
}

NetworkInfo NetworkOf(const Json& json) {
  NetworkInfo network;
  network.id = StringAt(json, "Id");
  network.name = StringAt(json, "Name");
  network.driver = StringAt(json, "Driver");
  network.internal = BoolAt(json, "Internal");
  network.labels = LabelsAt(json, "Labels");
  const Json& configs = ArrayAt(ObjectAt(json, "IPAM"), "Config");
  if (!configs.empty()) {
    network.subnet = StringAt(configs.front(), "Subnet");
    network.gateway = StringAt(configs.front(), "Gateway");
  }
  return network;
}

VolumeInfo VolumeOf(const Json& json) {
  VolumeInfo volume;
  volume.name = StringAt(json, "Name");
  volume.driver = StringAt(json, "Driver");
  volume.mountpoint = StringAt(json, "Mountpoint");
  volume.labels = LabelsAt(json, "Labels");
  volume.options = LabelsAt(json, "Options");
  return volume;
}

}  // namespace

ContainerStatus ParseContainerStatus(std::string_view word) {
  for (const auto& [name, status] : kStatusWords) {
    if (name == word) return status;
  }
  return ContainerStatus::kUnknown;
}

std::string_view ContainerStatusName(ContainerStatus status) {
  for (const auto& [name, value] : kStatusWords) {
    if (value == status) return name;
  }
  return "unknown";
}

std::optional<Time> ParseEngineTime(std::string_view text) {
  if (text.empty() || text.substr(0, 4) < "1970") return std::nullopt;
  const Result<Time> time = ParseTime(text);
  return time ? std::optional<Time>(*time) : std::nullopt;
}

Result<ContainerInfo> DecodeContainer(std::string_view body) {
  OSBX_TRY(const Json json, ParseObject(body));
  const Json& config = ObjectAt(json, "Config");
  const Json& host = ObjectAt(json, "HostConfig");
  const Json& network = ObjectAt(json, "NetworkSettings");
  ContainerInfo info;
  info.id = StringAt(json, "Id");
  info.name = WithoutSlash(StringAt(json, "Name"));
  info.image = StringAt(config, "Image");
  info.image_id = StringAt(json, "Image");
  info.created_at = ParseEngineTime(StringAt(json, "Created"));
  info.labels = LabelsAt(config, "Labels");
  info.state = StateOf(ObjectAt(json, "State"));
  info.mounts = MountsOf(json);
  info.network_mode = StringAt(host, "NetworkMode");
  info.ip_addresses = AddressesOf(ObjectAt(network, "Networks"));
  info.ports = PortsOf(ObjectAt(network, "Ports"));
  info.resources.memory_bytes = IntAt(host, "Memory");
  info.resources.nano_cpus = IntAt(host, "NanoCpus");
  info.resources.pids_limit = IntAt(host, "PidsLimit");
  info.restart_count = SmallIntAt(json, "RestartCount");
  if (info.id.empty()) return Nonsense("a container");
  return info;
}

Result<std::vector<ContainerSummary>> DecodeContainerList(std::string_view body) {
  OSBX_TRY(const Json list, ParseArray(body));
  std::vector<ContainerSummary> summaries;
  summaries.reserve(list.size());
  for (const Json& json : list) {
    ContainerSummary summary;
    summary.id = StringAt(json, "Id");
    // A container that others link to has further names "/other/alias"; its own has one slash.
    for (const std::string& name : StringsAt(json, "Names")) {
      if (name.rfind('/') == 0) summary.name = WithoutSlash(name);
    }
    summary.image = StringAt(json, "Image");
    summary.image_id = StringAt(json, "ImageID");
    if (const std::int64_t created = IntAt(json, "Created"); created > 0) {
      summary.created_at = Time(std::chrono::seconds(created));
    }
    summary.labels = LabelsAt(json, "Labels");
    summary.status = ParseContainerStatus(StringAt(json, "State"));
    summary.mounts = MountsOf(json);
    summary.ip_addresses = AddressesOf(ObjectAt(ObjectAt(json, "NetworkSettings"), "Networks"));
    if (!summary.id.empty()) summaries.push_back(std::move(summary));
  }
  return summaries;
}

Result<ContainerStats> DecodeStats(std::string_view body) {
  OSBX_TRY(const Json json, ParseObject(body));
  const Json& cpu = ObjectAt(json, "cpu_stats");
  const Json& memory = ObjectAt(json, "memory_stats");
  ContainerStats stats;
  stats.cpu_total_ns = UintAt(ObjectAt(cpu, "cpu_usage"), "total_usage");
  stats.system_cpu_ns = UintAt(cpu, "system_cpu_usage");
  stats.online_cpus = SmallIntAt(cpu, "online_cpus");
  stats.memory_bytes = UintAt(memory, "usage");
  stats.memory_limit_bytes = UintAt(memory, "limit");
  stats.pids = UintAt(ObjectAt(json, "pids_stats"), "current");
  for (const auto& [name, device] : ObjectAt(json, "networks").items()) {
    stats.network_rx_bytes += UintAt(device, "rx_bytes");
    stats.network_tx_bytes += UintAt(device, "tx_bytes");
  }
  return stats;
}

Result<ImageInfo> DecodeImage(std::string_view body) {
  OSBX_TRY(const Json json, ParseObject(body));
  const Json& config = ObjectAt(json, "Config");
  ImageInfo image;
  image.id = StringAt(json, "Id");
  image.tags = StringsAt(json, "RepoTags");
  image.digests = StringsAt(json, "RepoDigests");
  image.os = StringAt(json, "Os");
  image.architecture = StringAt(json, "Architecture");
  image.size_bytes = IntAt(json, "Size");
  image.entrypoint = StringsAt(config, "Entrypoint");
  image.cmd = StringsAt(config, "Cmd");
  image.working_dir = StringAt(config, "WorkingDir");
  image.user = StringAt(config, "User");
  image.labels = LabelsAt(config, "Labels");
  if (image.id.empty()) return Nonsense("an image");
  return image;
}

Result<NetworkInfo> DecodeNetwork(std::string_view body) {
  OSBX_TRY(const Json json, ParseObject(body));
  return NetworkOf(json);
}

Result<std::vector<NetworkInfo>> DecodeNetworkList(std::string_view body) {
  OSBX_TRY(const Json list, ParseArray(body));
  std::vector<NetworkInfo> networks;
  for (const Json& json : list) networks.push_back(NetworkOf(json));
  return networks;
}

Result<VolumeInfo> DecodeVolume(std::string_view body) {
  OSBX_TRY(const Json json, ParseObject(body));
  return VolumeOf(json);
}

Result<std::vector<VolumeInfo>> DecodeVolumeList(std::string_view body) {
  OSBX_TRY(const Json json, ParseObject(body));
  std::vector<VolumeInfo> volumes;
  for (const Json& volume : ArrayAt(json, "Volumes")) volumes.push_back(VolumeOf(volume));
  return volumes;
}

Result<ExecInfo> DecodeExec(std::string_view body) {
  OSBX_TRY(const Json json, ParseObject(body));
  ExecInfo exec;
  exec.id = StringAt(json, "ID");
  exec.container_id = StringAt(json, "ContainerID");
  exec.running = BoolAt(json, "Running");
  exec.exit_code = SmallIntAt(json, "ExitCode");
  exec.pid = SmallIntAt(json, "Pid");
  return exec;
}

Result<VersionInfo> DecodeVersion(std::string_view body) {
  OSBX_TRY(const Json json, ParseObject(body));
  VersionInfo version;
  version.engine = StringAt(json, "Version");
  version.api = StringAt(json, "ApiVersion");
  version.min_api = StringAt(json, "MinAPIVersion");
  version.os = StringAt(json, "Os");
  version.architecture = StringAt(json, "Arch");
  version.kernel = StringAt(json, "KernelVersion");
  return version;
}

Result<EngineInfo> DecodeInfo(std::string_view body) {
  OSBX_TRY(const Json json, ParseObject(body));
  EngineInfo info;
  info.id = StringAt(json, "ID");
  info.name = StringAt(json, "Name");
  info.version = StringAt(json, "ServerVersion");
  info.os_type = StringAt(json, "OSType");
  info.architecture = StringAt(json, "Architecture");
  info.storage_driver = StringAt(json, "Driver");
  info.cgroup_version = StringAt(json, "CgroupVersion");
  info.data_root = StringAt(json, "DockerRootDir");
  info.default_runtime = StringAt(json, "DefaultRuntime");
  for (const auto& [name, runtime] : ObjectAt(json, "Runtimes").items()) {
    info.runtimes.push_back(name);
  }
  info.security_options = StringsAt(json, "SecurityOptions");
  info.memory_bytes = IntAt(json, "MemTotal");
  info.cpus = SmallIntAt(json, "NCPU");
  info.containers = SmallIntAt(json, "Containers");
  return info;
}

Result<std::string> DecodeId(std::string_view body) {
  OSBX_TRY(const Json json, ParseObject(body));
  std::string id = StringAt(json, "Id");
  if (id.empty()) return Nonsense("an id");
  return id;
}

Result<int> DecodeExitCode(std::string_view body) {
  OSBX_TRY(const Json json, ParseObject(body));
  if (!At(json, "StatusCode").is_number_integer()) return Nonsense("an exit code");
  return SmallIntAt(json, "StatusCode");
}

std::string DecodeMessage(std::string_view body) {
  std::string message = StringAt(ParseLenient(body), "message");
  if (message.empty()) message = std::string(body);
  if (message.size() > kLongestMessageBytes) message.resize(kLongestMessageBytes);
  return message;
}

}  // namespace osbx::docker
