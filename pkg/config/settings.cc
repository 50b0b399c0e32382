// SPDX-License-Identifier: Apache-2.0
#include "config/settings.h"

#include <arpa/inet.h>

#include <array>

#include "config/setting_values.h"

namespace osbx::config {
namespace {

Result<> SetHost(Config& config, const toml::node& node) {
  OSBX_TRY(config.server.host, Text(node));
  std::array<unsigned char, sizeof(in6_addr)> address{};
  const char* host = config.server.host.c_str();
  if (config.server.host == "localhost" || inet_pton(AF_INET, host, address.data()) == 1 ||
      inet_pton(AF_INET6, host, address.data()) == 1) {
    return {};
  }
  return WrongValue("an IPv4 or IPv6 address, or localhost");
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
  OSBX_TRY(config.server.max_sandbox_timeout_seconds, Number(node, 60, kMostSeconds));
  return {};
}
Result<> SetLevel(Config& config, const toml::node& node) {
  OSBX_TRY(config.log.level, Text(node));
  for (const std::string_view known : {"DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL"}) {
    if (config.log.level == known) return {};
  }
  return WrongValue("one of DEBUG, INFO, WARNING, ERROR");
}
Result<> SetRuntimeType(Config& /*config*/, const toml::node& node) {
  OSBX_TRY(const std::string type, Text(node));
  if (type != "docker") return WrongValue("\"docker\"; osbx runs sandboxes on Docker only");
  return {};
}
Result<> SetStoreType(Config& /*config*/, const toml::node& node) {
  OSBX_TRY(const std::string type, Text(node));
  if (type != "sqlite") return WrongValue("\"sqlite\"");
  return {};
}
Result<> SetNetworkMode(Config& config, const toml::node& node) {
  OSBX_TRY(config.docker.network_mode, Text(node));
  if (config.docker.network_mode.empty())
    return WrongValue("bridge, host, none or the name of a Docker network");
  return {};
}
Result<> SetPidsLimit(Config& config, const toml::node& node) {
  OSBX_TRY(config.docker.pids_limit, Number(node, 0, 4194304));
  return {};
}
Result<> SetSandboxEnv(Config& config, const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return WrongValue("a table of strings");
  for (const auto& [key, value] : *table) {
    const auto text = value.value_exact<std::string>();
    if (!text) return WrongValue("a table of strings");
    config.docker.sandbox_env[std::string(key.str())] = *text;
  }
  return {};
}
Result<> SetSandboxBinds(Config& config, const toml::node& node) {
  OSBX_TRY(config.docker.sandbox_binds, Texts(node));
  for (const std::string& bind : config.docker.sandbox_binds) {
    if (!ParseBind(bind))
      return WrongValue("an array of \"source:target[:ro]\", not \"" + bind + "\"");
  }
  return {};
}
Result<> SetAllowedPaths(Config& config, const toml::node& node) {
  OSBX_TRY(config.storage.allowed_host_paths, Texts(node));
  for (std::string& path : config.storage.allowed_host_paths) {
    if (path.empty() || path.front() != '/') return WrongValue("an array of absolute paths");
    while (path.size() > 1 && path.back() == '/') path.pop_back();
  }
  return {};
}
Result<> SetNodeName(Config& config, const toml::node& node) {
  OSBX_TRY(config.node_name, Text(node));
  return {};
}
template <auto Member>
Result<> SetTopSeconds(Config& config, const toml::node& node) {
  OSBX_TRY(const std::int64_t seconds, Number(node, 0, kMostSeconds));
  config.*Member = std::chrono::seconds(seconds);
  return {};
}

constexpr std::string_view kKubernetesOnly = "it concerns Kubernetes";
constexpr std::string_view kServerInternal = "osbx sizes its own threads and connections";
constexpr std::string_view kOwnExecd = "osbx brings its own execd as PID 1";
constexpr std::string_view kNothingPublished =
    "endpoints go through osbxd's proxy; nothing is published on the host";
constexpr std::string_view kNoEgress = "egress policies are not offered";
constexpr std::string_view kNotOffered = "osbx does not offer it";
constexpr std::string_view kRotate = "rotate with logrotate: osbxd reopens the file on SIGHUP";

constexpr auto kSrv = &Config::server;
constexpr auto kLog = &Config::log;
constexpr auto kDck = &Config::docker;
constexpr auto kSto = &Config::storage;
constexpr auto kMnt = &Config::mounts;
constexpr auto kRnw = &Config::renew;
constexpr auto kPth = &Config::paths;

constexpr std::array kSettings{
    Setting{.key = "server.host",
            .set = SetHost,
            .because = {},
            .show = ShowMember<kSrv, &ServerConfig::host>,
            .shown = {},
            .type = "address",
            .meaning = "Where the API listens. Anything but loopback needs server.api_key, or "
                       "`OPENSANDBOX_INSECURE_SERVER=YES` in the environment.",
            .environment = {}},
    Setting{.key = "server.port",
            .set = SetPort,
            .because = {},
            .show = [](const Config& config) { return std::to_string(config.server.port); },
            .shown = {},
            .type = "0 to 65535",
            .meaning = "Port of the API. 0 takes any free one; `<run_dir>/osbxd.port` has it.",
            .environment = {}},
    Setting{.key = "server.api_key",
            .set = SetApiKey,
            .because = {},
            .show = nullptr,
            .shown = "none: whoever reaches the port may do everything",
            .type = "text",
            .meaning = "Clients send it as a bearer token or in the header OPEN-SANDBOX-API-KEY.",
            .environment = "OPENSANDBOX_SERVER_API_KEY"},
    Setting{.key = "server.max_sandbox_timeout_seconds",
            .set = SetMaxTimeout,
            .because = {},
            .show = nullptr,
            .shown = "no limit",
            .type = "seconds, at least 60",
            .meaning = "Longest lifetime that a client of the SDK's API may ask for.",
            .environment = {}},
    SecondsSetting<kSrv, &ServerConfig::keep_alive, 1>("server.timeout_keep_alive",
                                                       "An idle connection is kept this long."),
    SecondsSetting<kSrv, &ServerConfig::graceful_shutdown, 0>(
        "server.timeout_graceful_shutdown",
        "Time for requests in flight when osbxd is stopped, at most 2: it ends within 5 s."),
    WithoutMeaning("server.eip", kNothingPublished),
    WithoutMeaning("server.limit_concurrency", kServerInternal),
    WithoutMeaning("server.backlog", kServerInternal),
    WithoutMeaning("server.thread_pool_size", kServerInternal),
    WithoutMeaning("server.loop", kServerInternal),
    WithoutMeaning("server.http", kServerInternal),
    WithoutMeaning("proxy.resolve_internal", kNothingPublished),
    Setting{.key = "log.level",
            .set = SetLevel,
            .because = {},
            .show = ShowMember<kLog, &LogConfig::level>,
            .shown = {},
            .type = "DEBUG, INFO, WARNING or ERROR",
            .meaning = "Lowest level that is written.",
            .environment = {}},
    TextSetting<kLog, &LogConfig::file>(
        "log.file_path", "File the log goes to; reopened on SIGHUP.", "standard error"),
    WithoutMeaning("log.file_enabled", "log.file_path alone decides"),
    WithoutMeaning("log.access_file_path", kNotOffered),
    WithoutMeaning("log.file_max_bytes", kRotate),
    WithoutMeaning("log.file_backup_count", kRotate),
    Setting{.key = "runtime.type",
            .set = SetRuntimeType,
            .because = {},
            .show = [](const Config&) { return std::string("\"docker\""); },
            .shown = {},
            .type = "\"docker\"",
            .meaning = "What runs the sandboxes.",
            .environment = {}},
    WithoutMeaning("runtime.execd_image", kOwnExecd),
    WithoutMeaning("runtime.execd_run_as_init", kOwnExecd),
    Setting{.key = "docker.host",
            .set = TextSetting<kDck, &DockerConfig::host>("", "").set,
            .because = {},
            .show = nullptr,
            .shown = "unix:///var/run/docker.sock",
            .type = "unix:// address",
            .meaning = "The Docker engine.",
            .environment = "DOCKER_HOST"},
    Setting{
        .key = "docker.network_mode",
        .set = SetNetworkMode,
        .because = {},
        .show = ShowMember<kDck, &DockerConfig::network_mode>,
        .shown = {},
        .type = "text",
        .meaning = "Network of the containers: bridge, host, none or the name of a Docker network.",
        .environment = {}},
    SecondsSetting<kDck, &DockerConfig::api_timeout, 1>(
        "docker.api_timeout",
        "Deadline of a pull (at least 600 s); other calls have shorter ones of their own."),
    WithoutMeaning("docker.host_ip", kNothingPublished),
    TextsSetting<kDck, &DockerConfig::drop_capabilities>(
        "docker.drop_capabilities", "Capabilities that containers do not get."),
    TextSetting<kDck, &DockerConfig::apparmor_profile>(
        "docker.apparmor_profile", "AppArmor profile of containers.", "the engine's own"),
    TextSetting<kDck, &DockerConfig::seccomp_profile>(
        "docker.seccomp_profile",
        "Path of a JSON file with the seccomp profile of containers, or `unconfined`.",
        "the engine's own"),
    FlagSetting<kDck, &DockerConfig::no_new_privileges>(
        "docker.no_new_privileges", "No process of a container gains privileges, by setuid say."),
    Setting{.key = "docker.pids_limit",
            .set = SetPidsLimit,
            .because = {},
            .show = ShowMember<kDck, &DockerConfig::pids_limit>,
            .shown = {},
            .type = "0 to 4194304",
            .meaning = "Most processes and threads of a container; 0 sets no limit.",
            .environment = {}},
    WithoutMeaning("docker.port_range_min", kNothingPublished),
    WithoutMeaning("docker.port_range_max", kNothingPublished),
    WithoutMeaning("docker.publish_host", kNothingPublished),
    Setting{.key = "docker.sandbox_env.*",
            .set = SetSandboxEnv,
            .because = {},
            .show = nullptr,
            .shown = "empty",
            .type = "table of texts",
            .meaning = "Environment of every sandbox; its own `spec.env` wins.",
            .environment = {}},
    Setting{.key = "docker.sandbox_binds",
            .set = SetSandboxBinds,
            .because = {},
            .show = ShowMember<kDck, &DockerConfig::sandbox_binds>,
            .shown = {},
            .type = "list of source:target[:ro]",
            .meaning = "Mounted into every sandbox.",
            .environment = {}},
    Setting{.key = "storage.allowed_host_paths",
            .set = SetAllowedPaths,
            .because = {},
            .show = ShowMember<kSto, &StorageConfig::allowed_host_paths>,
            .shown = {},
            .type = "list of absolute paths",
            .meaning = "`host` volumes must lie at or below one of these; empty refuses all.",
            .environment = {}},
    WithoutMeaning("storage.volume_default_size", kKubernetesOnly),
    PathSetting<kSto, &StorageConfig::ossfs_mount_root>(
        "storage.ossfs_mount_root", "OSSFS mounts appear below this directory."),
    Setting{.key = "store.type",
            .set = SetStoreType,
            .because = {},
            .show = [](const Config&) { return std::string("\"sqlite\""); },
            .shown = {},
            .type = "\"sqlite\"",
            .meaning = "What keeps the objects.",
            .environment = {}},
    PathSetting<kPth, &PathsConfig::store>("store.path",
                                           "The database; one daemon at a time opens it."),
    WithoutMeaning("store.postgresql.*", "the store is SQLite"),
    WithoutMeaning("egress.*", kNoEgress),
    WithoutMeaning("secure_runtime.*", kNotOffered),
    WithoutMeaning("ingress.*", kKubernetesOnly),
    FlagSetting<kRnw, &RenewConfig::enabled>(
        "renew_intent.enabled",
        "Access through an endpoint renews the sandboxes that ask for it in "
        "`spec.renewOnAccessSeconds`."),
    SecondsSetting<kRnw, &RenewConfig::min_interval, 0>(
        "renew_intent.min_interval_seconds", "Time between two such renewals of one sandbox."),
    WithoutMeaning("renew_intent.redis.*", kNotOffered),
    WithoutMeaning("otel.*", "scrape /metrics instead"),
    WithoutMeaning("tenants.*", kKubernetesOnly),
    WithoutMeaning("kubernetes.*", kKubernetesOnly),
    WithoutMeaning("agent_sandbox.*", kKubernetesOnly),
    PathSetting<kSrv, &ServerConfig::unix_socket>("osbx.server.unix_socket",
                                                  "The API listens on this socket, too.", "none"),
    PathSetting<kSrv, &ServerConfig::tls_cert_file>(
        "osbx.server.tls_cert_file",
        "PEM file of the certificate; goes with tls_key_file. kubectl sends tokens over TLS only.",
        "no TLS"),
    PathSetting<kSrv, &ServerConfig::tls_key_file>("osbx.server.tls_key_file",
                                                   "PEM file of the certificate's key.", "no TLS"),
    SecondsSetting<kMnt, &MountConfig::gc_grace, 0>(
        "osbx.mounts.gc_grace_seconds",
        "A mount without users is unmounted after this; 0 means at once."),
    SecondsSetting<kMnt, &MountConfig::timeout, 1>("osbx.mounts.timeout_seconds",
                                                   "Deadline of one mount command."),
    TextsSetting<kMnt, &MountConfig::search_path>(
        "osbx.mounts.search_path", "Where ossfs and ossfs2 are looked for; empty means $PATH."),
    PathSetting<kPth, &PathsConfig::state_dir>("osbx.paths.state_dir",
                                               "Logs of FUSE servers and the install key."),
    PathSetting<kPth, &PathsConfig::run_dir>(
        "osbx.paths.run_dir",
        "Credential files and sandbox slots: root-only, on tmpfs, gone after a reboot."),
    PathSetting<kPth, &PathsConfig::libexec_dir>(
        "osbx.paths.libexec_dir", "Where osbx-execd and osbx-fuse-helper are.", "beside osbxd"),
    Setting{.key = "osbx.node.name",
            .set = SetNodeName,
            .because = {},
            .show = nullptr,
            .shown = "the host's name",
            .type = "text",
            .meaning = "Name of this host's Node object.",
            .environment = {}},
    Setting{.key = "osbx.orphans.grace_seconds",
            .set = SetTopSeconds<&Config::orphan_grace>,
            .because = {},
            .show = [](const Config& config) { return Shown(config.orphan_grace); },
            .shown = {},
            .type = "seconds",
            .meaning = "A container with our label but without an object is removed after this; 0 "
                       "means never.",
            .environment = {}},
    Setting{.key = "osbx.events.ttl_seconds",
            .set = SetTopSeconds<&Config::event_ttl>,
            .because = {},
            .show = [](const Config& config) { return Shown(config.event_ttl); },
            .shown = {},
            .type = "seconds",
            .meaning = "Event objects are removed after this.",
            .environment = {}},
};

}  // namespace

std::span<const Setting> AllSettings() {
  return kSettings;
}

}  // namespace osbx::config
