// SPDX-License-Identifier: Apache-2.0
// What is said to and heard from the Docker Engine, typed. Plain values without behaviour; nothing
// here keeps a container's environment, because it carries secrets (I5). Sizes are bytes, times are
// UTC, an absent time (the engine's year 1) is nullopt. Immutable once built; no thread rule.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"

namespace osbx::docker {

using Labels = std::map<std::string, std::string>;
// Engine filters: {"label": ["a=b"], "type": ["container"]}. Values of one key are "or" (but
// labels, which are "and"), keys are "and".
using Filters = std::map<std::string, std::vector<std::string>>;

enum class MountType { kBind, kVolume, kTmpfs, kOther };
// How later mounts below the source on the host reach the container (kSlave: they appear inside).
enum class Propagation { kPrivate, kSlave, kShared };

struct MountSpec {
  MountType type = MountType::kBind;
  std::string source;  // host path (bind, must exist) or volume name; empty for tmpfs
  std::string target;  // absolute path inside
  bool read_only = false;
  Propagation propagation = Propagation::kPrivate;  // binds only
  std::int64_t tmpfs_size_bytes = 0;                // 0 = the engine's default
  std::uint32_t tmpfs_mode = 0;                     // 0 = the engine's default (01777)
};

// 0 = no limit (create) or leave as it is (update).
struct Resources {
  std::int64_t memory_bytes = 0;
  std::int64_t nano_cpus = 0;  // 10⁻⁹ cores
  std::int64_t pids_limit = 0;
};

struct PortSpec {
  std::uint16_t container_port = 0;
  std::string protocol = "tcp";
  bool publish = false;         // false: only declared (EXPOSE)
  std::string host_ip;          // empty = all addresses
  std::uint16_t host_port = 0;  // 0 = the engine picks one
};

// `nullopt` lists keep the image's or the engine's own value; an empty list clears it.
struct ContainerSpec {
  std::string name;  // the engine refuses a name in use: an atomic claim
  std::string image;
  std::string platform;  // "linux/amd64"; empty = the daemon's
  std::optional<std::vector<std::string>> entrypoint;
  std::optional<std::vector<std::string>> cmd;
  std::vector<std::pair<std::string, Secret>> env;  // values may be secret
  Labels labels;
  std::string working_dir;
  std::string user;
  std::string hostname;
  std::string stop_signal;
  std::vector<MountSpec> mounts;
  std::map<std::string, std::string> tmpfs;  // path -> mount options ("size=64m,mode=1777")
  Resources resources;
  int gpus = 0;  // -1 = all
  std::vector<std::string> cap_add;
  std::vector<std::string> cap_drop;
  std::vector<std::string> security_opt;  // "no-new-privileges=true", "seccomp=<profile JSON>"
  std::optional<std::vector<std::string>> masked_paths;
  std::optional<std::vector<std::string>> readonly_paths;
  std::string network_mode;  // "bridge", "host", "none", "container:<id>", a network's name
  std::vector<PortSpec> ports;
  std::vector<std::string> extra_hosts;  // "name:address"
  std::vector<std::string> dns;
  std::map<std::string, std::string> sysctls;
  std::string log_driver;  // empty = the daemon's default
  std::map<std::string, std::string> log_options;
  std::string runtime;  // "runsc", "kata-runtime"; empty = the daemon's default
  std::string cgroup_parent;
  std::int64_t shm_size_bytes = 0;  // 0 = the engine's default (64 MiB)
  bool read_only_rootfs = false;
  std::optional<bool> init;  // the engine's own tiny init as PID 1
  std::string ipc_mode;      // empty = the daemon's default
  bool tty = false;
  std::vector<std::string> devices;  // "/dev/fuse"; the same path inside, rwm
};

enum class ContainerStatus {
  kUnknown,  // a word this client does not know: treat as "look again"
  kCreated,
  kRunning,
  kPaused,
  kRestarting,
  kRemoving,
  kExited,
  kDead,
};

struct ContainerState {
  ContainerStatus status = ContainerStatus::kUnknown;
  bool oom_killed = false;
  int exit_code = 0;
  int pid = 0;  // of PID 1 as the host sees it; 0 when not running
  std::string error;
  std::optional<Time> started_at;
  std::optional<Time> finished_at;
  bool Running() const {  // has a process: running, or paused, or about to be restarted
    return status == ContainerStatus::kRunning || status == ContainerStatus::kPaused;
  }
};

struct ContainerMount {
  MountType type = MountType::kOther;
  std::string name;    // of the volume
  std::string source;  // host path
  std::string target;
  bool read_only = false;
  std::string propagation;
};

struct PublishedPort {
  std::uint16_t container_port = 0;
  std::string protocol;
  std::string host_ip;
  std::uint16_t host_port = 0;
};

struct ContainerInfo {
  std::string id;
  std::string name;      // without the leading slash
  std::string image;     // as asked for at create
  std::string image_id;  // sha256:…
  std::optional<Time> created_at;
  Labels labels;
  ContainerState state;
  std::vector<ContainerMount> mounts;
  std::string network_mode;
  std::map<std::string, std::string> ip_addresses;  // network name -> IPv4; only non-empty ones
  std::vector<PublishedPort> ports;
  Resources resources;
  int restart_count = 0;
};

// One row of List: cheaper than Inspect, without exit code and pid.
struct ContainerSummary {
  std::string id;
  std::string name;
  std::string image;
  std::string image_id;
  std::optional<Time> created_at;
  Labels labels;
  ContainerStatus status = ContainerStatus::kUnknown;
  std::vector<ContainerMount> mounts;
  std::map<std::string, std::string> ip_addresses;
};

// An image made of a container's writable layer.
struct CommitSpec {
  std::string repository;
  std::string tag;
  std::vector<std::string> changes;  // Dockerfile lines: "ENTRYPOINT []", "LABEL a=\"b\""
};

struct ContainerStats {
  std::uint64_t cpu_total_ns = 0;
  std::uint64_t system_cpu_ns = 0;
  int online_cpus = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t memory_limit_bytes = 0;
  std::uint64_t pids = 0;
  std::uint64_t network_rx_bytes = 0;
  std::uint64_t network_tx_bytes = 0;
};

struct ImageInfo {
  std::string id;
  std::vector<std::string> tags;
  std::vector<std::string> digests;
  std::string os;
  std::string architecture;
  std::int64_t size_bytes = 0;
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::string working_dir;
  std::string user;
  Labels labels;
};

// Credentials of a registry. Travels in a request header, never on disk or in a log.
struct RegistryAuth {
  std::string username;
  Secret password;
  std::string server;  // empty = of the image reference
};

struct PullProgress {
  std::string layer;   // empty for whole-image lines
  std::string status;  // "Downloading", "Pull complete"
  std::int64_t current_bytes = 0;
  std::int64_t total_bytes = 0;
};

struct NetworkInfo {
  std::string id;
  std::string name;
  std::string driver;
  std::string subnet;  // of the first IPAM configuration
  std::string gateway;
  bool internal = false;
  Labels labels;
};

struct NetworkSpec {
  std::string name;
  std::string driver = "bridge";
  bool internal = false;
  std::map<std::string, std::string> options;
  Labels labels;
};

struct VolumeInfo {
  std::string name;
  std::string driver;
  std::string mountpoint;  // host path
  Labels labels;
  std::map<std::string, std::string> options;
};

struct VolumeSpec {
  std::string name;
  std::string driver = "local";
  std::map<std::string, std::string> options;
  Labels labels;
};

struct ExecSpec {
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, Secret>> env;
  std::string working_dir;
  std::string user;
  bool tty = false;
  bool attach_stdin = false;
};

struct ExecInfo {
  std::string id;
  std::string container_id;
  bool running = false;
  int exit_code = 0;  // meaningful once it is not running
  int pid = 0;        // as the host sees it
};

struct VersionInfo {
  std::string engine;   // "20.10.24"
  std::string api;      // highest API spoken, "1.41"
  std::string min_api;  // lowest
  std::string os;
  std::string architecture;
  std::string kernel;
};

struct EngineInfo {
  std::string id;
  std::string name;  // host name
  std::string version;
  std::string os_type;
  std::string architecture;  // as uname says: x86_64
  std::string storage_driver;
  std::string cgroup_version;
  std::string data_root;
  std::string default_runtime;
  std::vector<std::string> runtimes;
  std::vector<std::string> security_options;
  std::int64_t memory_bytes = 0;
  int cpus = 0;
  int containers = 0;
};

struct Event {
  std::string type;              // "container", "image", "network", "volume", "daemon"
  std::string action;            // "start", "die", "destroy", "health_status: healthy"
  std::string id;                // of the actor
  Labels attributes;             // labels of the container among them
  std::int64_t time_nano = 0;    // since the epoch; the resume point
  std::optional<int> exit_code;  // of "die"
};

enum class OutputStream { kStdin = 0, kStdout = 1, kStderr = 2 };

struct LogOptions {
  bool follow = false;
  int tail = -1;  // lines; -1 = all
  std::optional<Time> since;
  bool timestamps = false;
  bool tty = false;  // the container has a terminal: bytes come unframed, all as stdout
};

}  // namespace osbx::docker
