// SPDX-License-Identifier: Apache-2.0
// Makes, proves, finds again and removes FUSE mounts on this host. It keeps no list of mounts: the
// kernel's mount table, the process table and the caller's records are the truth. FUSE servers
// outlive this process (own session, own cgroup, output to a file).
// No thread of this process ever touches a path inside a FUSE mount: that is done by the disposable
// helper program, with a deadline.
// Thread-safe; calls block up to their deadline, so they belong on "ops" threads. The caller runs
// at most one operation per mount at a time (I6).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "drivers/mount/backend.h"
#include "drivers/mount/live_mount_table.h"

namespace osbx::mount {

struct MounterOptions {
  std::string mount_root = "/mnt/ossfs";
  std::string run_dir = "/run/osbx";        // credential files: <run_dir>/creds, a tmpfs
  std::string state_dir = "/var/lib/osbx";  // logs: <state_dir>/mounts/<name>
  std::string helper;                       // path of osbx-fuse-helper
  std::vector<std::string> search_path;     // directories of ossfs and ossfs2; empty: $PATH
  std::vector<std::string> environment;     // of the servers; empty: DefaultServerEnvironment()
  std::string fuse_device = "/dev/fuse";
  std::string cgroup_parent;  // name below the hierarchy's root; empty: derived from mount_root
  Additions additions;
  std::chrono::milliseconds mount_timeout{30'000};
  std::chrono::milliseconds probe_timeout{2'000};
  std::chrono::milliseconds unmount_timeout{10'000};
};

// What identifies a live mount after a restart. No secrets. Mount.status keeps the same fields.
struct MountRecord {
  std::string name;
  std::string target;
  std::int64_t pid = 0;             // of the FUSE server; 0: not known
  std::int64_t pid_start_time = 0;  // field 22 of /proc/PID/stat
  std::string boot_id;
  std::int64_t device_minor = 0;
  std::int64_t mount_id = 0;
  std::string log_dir;
};
Json ToJson(const MountRecord& record);
Result<MountRecord> RecordFromJson(const Json& json);

enum class Adoption {
  kAlive,       // mount and server are the recorded ones
  kReplaced,    // something is mounted there, but not what was recorded
  kServerGone,  // the mount is there, its server is not: detach and mount again
  kNotMounted,
};
std::string_view AdoptionName(Adoption adoption);

enum class ProbeDepth {
  kServer,   // statvfs: is the FUSE server alive; costs no request to the object store
  kBackend,  // also lists the directory: does the object store answer
};

struct UnmountOptions {
  bool detach = false;  // MNT_DETACH: for dead mounts; users keep what they hold
};

// A place in the mount namespace of a running container.
struct InsidePlace {
  pid_t pid = 0;  // of any of its processes
  std::int64_t start_time = 0;
  std::string path;  // as the container sees it
  bool read_only = false;
};

// What is on the host below the mount root: for garbage collection and `doctor`.
struct Inventory {
  struct Server {
    std::int64_t pid = 0;
    std::string name;         // of the mount it was started for
    std::string command;      // comm
    unsigned connection = 0;  // FUSE connection; 0: none (starting, or a left-over)
  };
  std::vector<MountInfoRow> mounts;            // all below the mount root, foreign ones too
  std::vector<Server> servers;                 // processes we started
  std::vector<std::string> stray_directories;  // empty directories nothing is mounted on
  std::vector<std::string> credential_files;
  std::vector<std::string> log_dirs;  // names
};

class Mounter {
 public:
  // Makes the directories and the tmpfs for credential files, and removes credential files left by
  // a crash (the caller is the only daemon on this root).
  static Result<Mounter> Open(MounterOptions options);
  struct State;  // internal
  Mounter(Mounter&&) noexcept;
  Mounter& operator=(Mounter&&) noexcept;
  ~Mounter();

  // Mounts and proves it by I/O. Finds its own work again: a healthy mount made for the same name
  // is adopted, a dead one is detached first, a half-started server is ended. On failure nothing
  // but the log directory is left. Errors carry a reason (failure.h).
  Result<MountRecord> Mount(const MountSpec& spec, const Credentials& credentials,
                            std::stop_token stop = {});

  // Removes the mount, waits for its server's end, then removes directories and logs. Idempotent;
  // a record with name and target alone will do. kFailedPrecondition with reason TargetBusy names
  // the holders in its causes, and nothing has changed then.
  Result<> Unmount(const MountRecord& record, UnmountOptions options = {},
                   std::stop_token stop = {});

  // Is it alive? Errors: kNotFound (not mounted), kUnavailable with reason NotConnected (dead),
  // kDeadlineExceeded with reason TimedOut (hung).
  Result<> Probe(const std::string& target, ProbeDepth depth = ProbeDepth::kServer);

  // Frees everybody stuck in a hung mount: its connection is aborted and its server killed. The
  // mount is dead afterwards.
  Result<> Abort(const MountRecord& record);

  // Makes the mount at `target` what the container sees at `place`, instead of an earlier one
  // there: the new one goes beneath it before it is taken off, so that nobody sees the bare
  // directory (MOVE_MOUNT_BENEATH, kernel 6.5; before, it is stacked on top). Open files keep the
  // old one. Repeating it changes nothing. Asks no FUSE server; kNotFound when the process has
  // ended.
  Result<> ReplaceInside(const std::string& target, const InsidePlace& place);

  // Compares records with the host; one answer for each, no side effects, no FUSE access.
  Result<std::vector<Adoption>> Adopt(std::span<const MountRecord> records) const;
  // The record of a live mount of ours at `target` (after a crash before it was stored).
  Result<MountRecord> Describe(const std::string& name, const std::string& target) const;

  // As it is at the time of the call; read only when it has changed.
  Result<MountTablePtr> Table() const;
  Result<Inventory> InspectAll() const;
  // Removes an empty directory below the root (and its empty parents) on which nothing is mounted.
  Result<> RemoveStrayDirectory(const std::string& path);

 private:
  explicit Mounter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace osbx::mount
