// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/encode.h"

#include <array>

#include <nlohmann/json.hpp>

#include "base/base64.h"

namespace osbx::docker {
namespace {

std::string_view PropagationWord(Propagation propagation) {
  switch (propagation) {
    case Propagation::kSlave:
      return "rslave";
    case Propagation::kShared:
      return "rshared";
    case Propagation::kPrivate:
      break;
  }
  return "rprivate";
}

Json EncodeMount(const MountSpec& mount) {
  Json json = {{"Target", mount.target}, {"ReadOnly", mount.read_only}};
  switch (mount.type) {
    case MountType::kVolume:
      json["Type"] = "volume";
      json["Source"] = mount.source;
      break;
    case MountType::kTmpfs: {
      json["Type"] = "tmpfs";
      Json options = Json::object();
      if (mount.tmpfs_size_bytes > 0) options["SizeBytes"] = mount.tmpfs_size_bytes;
      if (mount.tmpfs_mode > 0) options["Mode"] = mount.tmpfs_mode;
      if (!options.empty()) json["TmpfsOptions"] = std::move(options);
      break;
    }
    case MountType::kBind:
    case MountType::kOther:
      json["Type"] = "bind";
      json["Source"] = mount.source;
      json["BindOptions"] = {{"Propagation", PropagationWord(mount.propagation)}};
      break;
  }
  return json;
}

Json EncodeEnv(const std::vector<std::pair<std::string, Secret>>& env) {
  Json list = Json::array();
  for (const auto& [name, value] : env) {
    list.push_back(name + "=" + std::string(value.Reveal()));
  }
  return list;
}

// Sets what is not empty, so that the engine's own defaults stay in force otherwise.
template <class T>
void SetUnlessEmpty(Json& json, const char* key, const T& value) {
  if (!value.empty()) json[key] = value;
}

template <class T>
void SetIfPresent(Json& json, const char* key, const std::optional<T>& value) {
  if (value) json[key] = *value;
}

void EncodePorts(const std::vector<PortSpec>& ports, Json& config, Json& host) {
  for (const PortSpec& port : ports) {
    const std::string key = std::to_string(port.container_port) + "/" + port.protocol;
    config["ExposedPorts"][key] = Json::object();
    if (!port.publish) continue;
    const std::string host_port = port.host_port == 0 ? "" : std::to_string(port.host_port);
    host["PortBindings"][key].push_back({{"HostIp", port.host_ip}, {"HostPort", host_port}});
  }
}

Json EncodeHostConfig(const ContainerSpec& spec) {
  Json host = Encode(spec.resources);
  host["RestartPolicy"] = {{"Name", "no"}};  // restarting is the caller's decision, in one place
  for (const MountSpec& mount : spec.mounts) host["Mounts"].push_back(EncodeMount(mount));
  SetUnlessEmpty(host, "Tmpfs", spec.tmpfs);
  SetUnlessEmpty(host, "CapAdd", spec.cap_add);
  SetUnlessEmpty(host, "CapDrop", spec.cap_drop);
  SetUnlessEmpty(host, "SecurityOpt", spec.security_opt);
  SetIfPresent(host, "MaskedPaths", spec.masked_paths);
  SetIfPresent(host, "ReadonlyPaths", spec.readonly_paths);
  SetUnlessEmpty(host, "NetworkMode", spec.network_mode);
  SetUnlessEmpty(host, "ExtraHosts", spec.extra_hosts);
  SetUnlessEmpty(host, "Dns", spec.dns);
  SetUnlessEmpty(host, "Sysctls", spec.sysctls);
  SetUnlessEmpty(host, "Runtime", spec.runtime);
  SetUnlessEmpty(host, "CgroupParent", spec.cgroup_parent);
  SetUnlessEmpty(host, "IpcMode", spec.ipc_mode);
  SetIfPresent(host, "Init", spec.init);
  if (spec.shm_size_bytes > 0) host["ShmSize"] = spec.shm_size_bytes;
  if (spec.read_only_rootfs) host["ReadonlyRootfs"] = true;
  if (!spec.log_driver.empty()) {
    host["LogConfig"] = {{"Type", spec.log_driver}, {"Config", spec.log_options}};
  }
  if (spec.gpus != 0) {
    host["DeviceRequests"] = Json::array(
        {{{"Count", spec.gpus}, {"Capabilities", Json::array({Json::array({"gpu"})})}}});
  }
  for (const std::string& device : spec.devices) {
    host["Devices"].push_back(
        {{"PathOnHost", device}, {"PathInContainer", device}, {"CgroupPermissions", "rwm"}});
  }
  return host;
}

}  // namespace

Json Encode(const ContainerSpec& spec) {
  Json config = {{"Image", spec.image}};
  SetIfPresent(config, "Entrypoint", spec.entrypoint);
  SetIfPresent(config, "Cmd", spec.cmd);
  if (!spec.env.empty()) config["Env"] = EncodeEnv(spec.env);
  SetUnlessEmpty(config, "Labels", spec.labels);
  SetUnlessEmpty(config, "WorkingDir", spec.working_dir);
  SetUnlessEmpty(config, "User", spec.user);
  SetUnlessEmpty(config, "Hostname", spec.hostname);
  SetUnlessEmpty(config, "StopSignal", spec.stop_signal);
  if (spec.tty) config["Tty"] = true;
  Json host = EncodeHostConfig(spec);
  EncodePorts(spec.ports, config, host);
  config["HostConfig"] = std::move(host);
  return config;
}

Json Encode(const Resources& resources) {
  Json json = Json::object();
  if (resources.memory_bytes > 0) {
    json["Memory"] = resources.memory_bytes;
    // The engine's own default, said aloud: without it, raising Memory of a live container above
    // its former swap limit is refused.
    json["MemorySwap"] = 2 * resources.memory_bytes;
  }
  if (resources.nano_cpus > 0) json["NanoCpus"] = resources.nano_cpus;
  if (resources.pids_limit > 0) json["PidsLimit"] = resources.pids_limit;
  return json;
}

Json Encode(const ExecSpec& spec) {
  Json json = {{"Cmd", spec.argv},
               {"AttachStdin", spec.attach_stdin},
               {"AttachStdout", true},
               {"AttachStderr", true},
               {"Tty", spec.tty}};
  if (!spec.env.empty()) json["Env"] = EncodeEnv(spec.env);
  SetUnlessEmpty(json, "WorkingDir", spec.working_dir);
  SetUnlessEmpty(json, "User", spec.user);
  return json;
}

Json Encode(const NetworkSpec& spec) {
  // CheckDuplicate: networks are keyed by id; without it two of one name may come to exist.
  Json json = {{"Name", spec.name}, {"Driver", spec.driver}, {"CheckDuplicate", true}};
  if (spec.internal) json["Internal"] = true;
  SetUnlessEmpty(json, "Options", spec.options);
  SetUnlessEmpty(json, "Labels", spec.labels);
  return json;
}

Json Encode(const VolumeSpec& spec) {
  Json json = {{"Name", spec.name}, {"Driver", spec.driver}};
  SetUnlessEmpty(json, "DriverOpts", spec.options);
  SetUnlessEmpty(json, "Labels", spec.labels);
  return json;
}

Result<std::string> ToBody(const Json& json) {
  try {
    return json.dump();
  } catch (const Json::exception&) {
    return Error(Code::kInvalid, "docker: the request has text that is not UTF-8");
  }
}

std::string NanoText(std::int64_t nano_since_epoch) {
  constexpr std::int64_t kNanoPerSecond = 1'000'000'000;
  std::string fraction = std::to_string(nano_since_epoch % kNanoPerSecond);
  fraction.insert(0, 9 - fraction.size(), '0');
  return std::to_string(nano_since_epoch / kNanoPerSecond) + "." + fraction;
}

std::string EncodeFilters(const Filters& filters) {
  return Json(filters).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Secret EncodeAuth(const RegistryAuth& auth) {
  if (auth.username.empty() && auth.password.Empty()) return Secret();
  Json json = {{"username", auth.username}, {"password", std::string(auth.password.Reveal())}};
  if (!auth.server.empty()) json["serveraddress"] = auth.server;
  const std::string plain = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string encoded = EncodeBase64(plain);
  // The engine reads the URL-safe alphabet, with padding.
  for (char& c : encoded) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return Secret(encoded);
}

std::string UrlEncode(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size() * 3);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kDigits[byte >> 4U];
      encoded += kDigits[byte & 15U];
    }
  }
  return encoded;
}

ImageReference SplitReference(std::string_view reference) {
  if (const std::size_t at = reference.find('@'); at != std::string_view::npos) {
    // "name:tag@digest": the digest decides, the tag is decoration the engine must not see.
    std::string_view name = reference.substr(0, at);
    const std::size_t colon = name.rfind(':');
    if (colon != std::string_view::npos && name.find('/', colon) == std::string_view::npos) {
      name = name.substr(0, colon);
    }
    return {std::string(name), std::string(reference.substr(at + 1))};
  }
  const std::size_t colon = reference.rfind(':');
  // A colon before the last slash belongs to the registry's port.
  if (colon == std::string_view::npos || reference.find('/', colon) != std::string_view::npos) {
    return {std::string(reference), "latest"};
  }
  return {std::string(reference.substr(0, colon)), std::string(reference.substr(colon + 1))};
}

}  // namespace osbx::docker
