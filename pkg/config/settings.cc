// SPDX-License-Identifier: Apache-2.0
#include "config/settings.h"

#include <array>

namespace osbx::config {
namespace {

Error WrongType(std::string_view wanted) {
  return {Code::kInvalid, "must be " + std::string(wanted)};
}

Result<std::string> Text(const toml::node& node) {
  const auto value = node.value_exact<std::string>();
  if (!value) return WrongType("a string");
  return *value;
}

Result<std::int64_t> Number(const toml::node& node, std::int64_t least, std::int64_t most) {
  const auto value = node.value_exact<std::int64_t>();
  if (!value) return WrongType("an integer");
  if (*value < least || *value > most) {
    return WrongType("between " + std::to_string(least) + " and " + std::to_string(most));
  }
  return *value;
}

Result<bool> Flag(const toml::node& node) {
  const auto value = node.value_exact<bool>();
  if (!value) return WrongType("true or false");
  return *value;
}

Result<std::vector<std::string>> Texts(const toml::node& node) {
  const toml::array* array = node.as_array();
  if (array == nullptr) return WrongType("an array of strings");
  std::vector<std::string> out;
  for (const toml::node& element : *array) {
    const auto value = element.value_exact<std::string>();
    if (!value) return WrongType("an array of strings");
    out.push_back(*value);
  }
  return out;
}

Result<std::string> AbsolutePath(const toml::node& node) {
  OSBX_TRY(std::string path, Text(node));
  if (path.empty() || path.front() != '/') return WrongType("an absolute path");
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

// Setters by the type of the member they fill; the member is a template argument, so a row stays
// one line.
template <auto Section, auto Member>
Result<> SetText(Config& config, const toml::node& node) {
  OSBX_TRY(config.*Section.*Member, Text(node));
  return {};
}
template <auto Section, auto Member>
Result<> SetPath(Config& config, const toml::node& node) {
  OSBX_TRY(config.*Section.*Member, AbsolutePath(node));
  return {};
}
template <auto Section, auto Member>
Result<> SetFlag(Config& config, const toml::node& node) {
  OSBX_TRY(config.*Section.*Member, Flag(node));
  return {};
}
template <auto Section, auto Member>
Result<> SetTexts(Config& config, const toml::node& node) {
  OSBX_TRY(config.*Section.*Member, Texts(node));
  return {};
}
template <auto Section, auto Member, std::int64_t Least>
Result<> SetSeconds(Config& config, const toml::node& node) {
  OSBX_TRY(const std::int64_t seconds, Number(node, Least, 3153600000));
  config.*Section.*Member = std::chrono::seconds(seconds);
  return {};
}
template <auto Member>
Result<> SetTopSeconds(Config& config, const toml::node& node) {
  OSBX_TRY(const std::int64_t seconds, Number(node, 0, 3153600000));
  config.*Member = std::chrono::seconds(seconds);
  return {};
}

Result<> SetPort(Config& config, const toml::node& node) {
  OSBX_TRY(const std::int64_t port, Number(node, 0, 65535));
  config.server.port = static_cast<std::uint16_t>(port);
  return {};
}
Result<> SetApiKey(Config& config, const toml::node& node) {
  OSBX_TRY(const std::string key, Text(node));
  config.server.api_key = Secret(key);
  return {};
}
Result<> SetMaxTimeout(Config& config, const toml::node& node) {
  OSBX_TRY(config.server.max_sandbox_timeout_seconds, Number(node, 60, 3153600000));
  return {};
}
Result<> SetLevel(Config& config, const toml::node& node) {
  OSBX_TRY(config.log.level, Text(node));
  for (const std::string_view known : {"DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL"}) {
    if (config.log.level == known) return {};
  }
  return WrongType("one of DEBUG, INFO, WARNING, ERROR");
}
Result<> SetRuntimeType(Config& /*config*/, const toml::node& node) {
  OSBX_TRY(const std::string type, Text(node));
  if (type != "docker") return WrongType("\"docker\"; osbx runs sandboxes on Docker only");
  return {};
}
Result<> SetStoreType(Config& /*config*/, const toml::node& node) {
  OSBX_TRY(const std::string type, Text(node));
  if (type != "sqlite") return WrongType("\"sqlite\"");
  return {};
}
Result<> SetNetworkMode(Config& config, const toml::node& node) {
  OSBX_TRY(config.docker.network_mode, Text(node));
  if (config.docker.network_mode.empty())
    return WrongType("bridge, host, none or the name of a Docker network");
  return {};
}
Result<> SetPidsLimit(Config& config, const toml::node& node) {
  OSBX_TRY(config.docker.pids_limit, Number(node, 0, 4194304));
  return {};
}
Result<> SetSandboxEnv(Config& config, const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return WrongType("a table of strings");
  for (const auto& [key, value] : *table) {
    const auto text = value.value_exact<std::string>();
    if (!text) return WrongType("a table of strings");
    config.docker.sandbox_env[std::string(key.str())] = *text;
  }
  return {};
}
Result<> SetAllowedPaths(Config& config, const toml::node& node) {
  OSBX_TRY(config.storage.allowed_host_paths, Texts(node));
  for (std::string& path : config.storage.allowed_host_paths) {
    if (path.empty() || path.front() != '/') return WrongType("an array of absolute paths");
    while (path.size() > 1 && path.back() == '/') path.pop_back();
  }
  return {};
}
Result<> SetNodeName(Config& config, const toml::node& node) {
  OSBX_TRY(config.node_name, Text(node));
  return {};
}

constexpr std::string_view kKubernetesOnly = "it concerns Kubernetes";
constexpr std::string_view kServerInternal = "osbx sizes its own threads and connections";
constexpr std::string_view kOwnExecd = "osbx brings its own execd as PID 1";
constexpr std::string_view kNothingPublished =
    "endpoints go through osbxd's proxy; nothing is published on the host";
constexpr std::string_view kNoEgress = "egress policies are not offered";
constexpr std::string_view kNotOffered = "osbx does not offer it";

constexpr auto kSrv = &Config::server;
constexpr auto kDck = &Config::docker;
constexpr auto kSto = &Config::storage;
constexpr auto kMnt = &Config::mounts;
constexpr auto kRnw = &Config::renew;
constexpr auto kPth = &Config::paths;

constexpr std::array kSettings{
    Setting{"server.host", SetText<kSrv, &ServerConfig::host>, {}},
    Setting{"server.port", SetPort, {}},
    Setting{"server.api_key", SetApiKey, {}},
    Setting{"server.max_sandbox_timeout_seconds", SetMaxTimeout, {}},
    Setting{"server.timeout_keep_alive", SetSeconds<kSrv, &ServerConfig::keep_alive, 1>, {}},
    Setting{"server.timeout_graceful_shutdown",
            SetSeconds<kSrv, &ServerConfig::graceful_shutdown, 0>,
            {}},
    Setting{"server.eip", nullptr, kNothingPublished},
    Setting{"server.limit_concurrency", nullptr, kServerInternal},
    Setting{"server.backlog", nullptr, kServerInternal},
    Setting{"server.thread_pool_size", nullptr, kServerInternal},
    Setting{"server.loop", nullptr, kServerInternal},
    Setting{"server.http", nullptr, kServerInternal},
    Setting{"proxy.resolve_internal", nullptr, kNothingPublished},
    Setting{"log.level", SetLevel, {}},
    Setting{"log.file_path", SetText<&Config::log, &LogConfig::file>, {}},
    Setting{"log.file_enabled", nullptr, "log.file_path alone decides"},
    Setting{"log.access_file_path", nullptr, kNotOffered},
    Setting{"log.file_max_bytes", nullptr, "rotate with logrotate"},
    Setting{"log.file_backup_count", nullptr, "rotate with logrotate"},
    Setting{"runtime.type", SetRuntimeType, {}},
    Setting{"runtime.execd_image", nullptr, kOwnExecd},
    Setting{"runtime.execd_run_as_init", nullptr, kOwnExecd},
    Setting{"docker.host", SetText<kDck, &DockerConfig::host>, {}},
    Setting{"docker.network_mode", SetNetworkMode, {}},
    Setting{"docker.api_timeout", SetSeconds<kDck, &DockerConfig::api_timeout, 1>, {}},
    Setting{"docker.host_ip", nullptr, kNothingPublished},
    Setting{"docker.drop_capabilities", SetTexts<kDck, &DockerConfig::drop_capabilities>, {}},
    Setting{"docker.apparmor_profile", SetText<kDck, &DockerConfig::apparmor_profile>, {}},
    Setting{"docker.seccomp_profile", SetText<kDck, &DockerConfig::seccomp_profile>, {}},
    Setting{"docker.no_new_privileges", SetFlag<kDck, &DockerConfig::no_new_privileges>, {}},
    Setting{"docker.pids_limit", SetPidsLimit, {}},
    Setting{"docker.port_range_min", nullptr, kNothingPublished},
    Setting{"docker.port_range_max", nullptr, kNothingPublished},
    Setting{"docker.publish_host", nullptr, kNothingPublished},
    Setting{"docker.sandbox_env.*", SetSandboxEnv, {}},
    Setting{"docker.sandbox_binds", SetTexts<kDck, &DockerConfig::sandbox_binds>, {}},
    Setting{"storage.allowed_host_paths", SetAllowedPaths, {}},
    Setting{"storage.volume_default_size", nullptr, kKubernetesOnly},
    Setting{"storage.ossfs_mount_root", SetPath<kSto, &StorageConfig::ossfs_mount_root>, {}},
    Setting{"store.type", SetStoreType, {}},
    Setting{"store.path", SetPath<kPth, &PathsConfig::store>, {}},
    Setting{"store.postgresql.*", nullptr, "the store is SQLite"},
    Setting{"egress.*", nullptr, kNoEgress},
    Setting{"secure_runtime.*", nullptr, kNotOffered},
    Setting{"ingress.*", nullptr, kKubernetesOnly},
    Setting{"renew_intent.enabled", SetFlag<kRnw, &RenewConfig::enabled>, {}},
    Setting{
        "renew_intent.min_interval_seconds", SetSeconds<kRnw, &RenewConfig::min_interval, 0>, {}},
    Setting{"renew_intent.redis.*", nullptr, kNotOffered},
    Setting{"otel.*", nullptr, "scrape /metrics instead"},
    Setting{"tenants.*", nullptr, kKubernetesOnly},
    Setting{"kubernetes.*", nullptr, kKubernetesOnly},
    Setting{"agent_sandbox.*", nullptr, kKubernetesOnly},
    Setting{"osbx.server.unix_socket", SetPath<kSrv, &ServerConfig::unix_socket>, {}},
    Setting{"osbx.server.tls_cert_file", SetPath<kSrv, &ServerConfig::tls_cert_file>, {}},
    Setting{"osbx.server.tls_key_file", SetPath<kSrv, &ServerConfig::tls_key_file>, {}},
    Setting{"osbx.mounts.gc_grace_seconds", SetSeconds<kMnt, &MountConfig::gc_grace, 0>, {}},
    Setting{"osbx.mounts.timeout_seconds", SetSeconds<kMnt, &MountConfig::timeout, 1>, {}},
    Setting{"osbx.mounts.search_path", SetTexts<kMnt, &MountConfig::search_path>, {}},
    Setting{"osbx.paths.state_dir", SetPath<kPth, &PathsConfig::state_dir>, {}},
    Setting{"osbx.paths.run_dir", SetPath<kPth, &PathsConfig::run_dir>, {}},
    Setting{"osbx.paths.libexec_dir", SetPath<kPth, &PathsConfig::libexec_dir>, {}},
    Setting{"osbx.node.name", SetNodeName, {}},
    Setting{"osbx.orphans.grace_seconds", SetTopSeconds<&Config::orphan_grace>, {}},
    Setting{"osbx.events.ttl_seconds", SetTopSeconds<&Config::event_ttl>, {}},
};

}  // namespace

std::span<const Setting> AllSettings() {
  return kSettings;
}

}  // namespace osbx::config
