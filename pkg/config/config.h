// SPDX-License-Identifier: Apache-2.0
// The daemon's settings, read from TOML (design §7, contract/docker_runtime.md §14). An OpenSandbox
// server's file works unchanged: every key that makes sense on Docker means the same, keys that
// make none are accepted with one warning each, unknown keys warn with their line. Our own keys
// live under [osbx.*]. Immutable after Load.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace osbx::config {

struct ServerConfig {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  Secret api_key;             // empty: no authentication, loopback only
  std::string unix_socket;    // empty: none
  std::string tls_cert_file;  // PEM; with tls_key_file
  std::string tls_key_file;
  std::chrono::seconds keep_alive{30};
  std::chrono::seconds graceful_shutdown{5};
  std::optional<std::int64_t> max_sandbox_timeout_seconds;
};

struct LogConfig {
  std::string level = "INFO";
  std::string file;  // empty: standard error
};

struct DockerConfig {
  std::string host;  // DOCKER_HOST; empty: unix:///var/run/docker.sock
  std::string network_mode = "bridge";
  std::chrono::seconds api_timeout{180};
  std::vector<std::string> drop_capabilities = {"AUDIT_WRITE", "MKNOD",     "NET_ADMIN",
                                                "NET_RAW",     "SYS_ADMIN", "SYS_MODULE",
                                                "SYS_PTRACE",  "SYS_TIME",  "SYS_TTY_CONFIG"};
  std::string apparmor_profile;
  std::string seccomp_profile;  // path of a JSON profile, or "unconfined"
  bool no_new_privileges = true;
  std::int64_t pids_limit = 4096;  // 0: unlimited
  std::map<std::string, std::string> sandbox_env;
  std::vector<std::string> sandbox_binds;  // "src:dst[:ro]"
};

struct StorageConfig {
  std::vector<std::string> allowed_host_paths;  // empty: every host path is refused
  std::string ossfs_mount_root = "/mnt/ossfs";
};

struct MountConfig {
  std::chrono::seconds gc_grace{30};     // an unused mount is kept this long; 0: none
  std::chrono::seconds timeout{30};      // of one mount command
  std::vector<std::string> search_path;  // for ossfs and ossfs2; empty: $PATH
};

struct PathsConfig {
  std::string store = "/var/lib/osbx/osbx.db";
  std::string state_dir = "/var/lib/osbx";  // logs of FUSE servers, install key
  std::string run_dir = "/run/osbx";  // slots, credential files; root-only, gone after a reboot
  std::string libexec_dir;            // osbx-execd and osbx-fuse-helper; empty: beside osbxd
};

// Access through an endpoint renews sandboxes that ask for it (spec.renewOnAccessSeconds).
struct RenewConfig {
  bool enabled = true;
  std::chrono::seconds min_interval{60};  // between two renewals of one sandbox
};

struct Config {
  ServerConfig server;
  LogConfig log;
  DockerConfig docker;
  StorageConfig storage;
  MountConfig mounts;
  PathsConfig paths;
  RenewConfig renew;
  std::string node_name;  // empty: the host's name
  std::chrono::seconds orphan_grace{
      300};  // an unknown labelled container is removed after this; 0: never
  std::chrono::seconds event_ttl{3600};  // events are trimmed after this
};

struct Loaded {
  Config config;
  std::string path;                   // "" when no file was found and defaults hold
  std::vector<std::string> warnings;  // keys without meaning here: "FILE:LINE: …"
  std::vector<std::string> unknown;   // unknown keys: warnings at start, errors of Check
};

// What a person who checks a file is told; each line is "FILE:LINE: KEY: …", in the file's order.
struct Findings {
  std::string path;  // "" when no file was found and defaults hold
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};

// Environment the loader looks at; real values in main(), fixed ones in tests.
struct Environment {
  std::string home;
  std::string sandbox_config_path;  // $SANDBOX_CONFIG_PATH
  std::string api_key;              // $OPENSANDBOX_SERVER_API_KEY
  std::string docker_host;          // $DOCKER_HOST
  bool insecure_server = false;     // $OPENSANDBOX_INSECURE_SERVER = YES
};
Environment ReadEnvironment();

// --config → $SANDBOX_CONFIG_PATH → ~/.sandbox.toml → /etc/osbx/osbxd.toml → defaults.
// Errors: kNotFound (a named file cannot be read), kInvalid with a line "FILE:LINE: key: …" for
// every wrong value.
Result<Loaded> Load(const std::string& explicit_path, const Environment& env);
Result<Loaded> Parse(std::string_view text, const std::string& path, const Environment& env);

// Everything wrong with the file that Load would read, unknown keys included. Fails only when it
// cannot be read.
Result<Findings> Check(const std::string& explicit_path, const Environment& env);

// One entry of docker.sandbox_binds: "source:target[:ro|rw]". Nullopt when it is none.
struct Bind {
  std::string source;
  std::string target;
  bool read_only = false;
};
std::optional<Bind> ParseBind(std::string_view text);

}  // namespace osbx::config
