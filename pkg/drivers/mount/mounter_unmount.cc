// SPDX-License-Identifier: Apache-2.0
// Unmounting, and freeing a hung mount.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "drivers/mount/mounter.h"
#include "drivers/mount/mounter_state.h"

namespace osbx::mount {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr const char* kFuseControl = "/sys/fs/fuse/connections";

// The processes whose end completes an unmount.
struct ServerHandle {
  pid_t pid = 0;
  UniqueFd process;
};

class Unmounter {
 public:
  Unmounter(Mounter::State& state, const MountRecord& record, UnmountOptions options,
            std::stop_token stop)
      : state_(state),
        record_(record),
        options_(options),
        stop_(std::move(stop)),
        deadline_(Steady::now() + state.options.unmount_timeout) {}

  Result<> Run() {
    if (!state_.dirs.Covers(record_.target))
      return Error(Code::kInvalid,
                   record_.target + " is not below the mount root " + state_.dirs.Root());
    CollectServers();
    OSBX_CHECK(RemoveMounts());
    OSBX_CHECK(WaitForServers());
    OSBX_CHECK(state_.dirs.Remove(record_.target));
    if (AllEnded()) RemoveTraces();
    return {};
  }

 private:
  milliseconds Left() const {
    return std::max(std::chrono::ceil<milliseconds>(deadline_ - Steady::now()), milliseconds(1));
  }

  void CollectServers() {
    state_.servers.KillUnfinished(record_.name, kKillTimeout);
    const auto add = [this](pid_t pid, std::int64_t start_time) {
      UniqueFd process = OpenProcess(pid, start_time);
      if (process) servers_.push_back({pid, std::move(process)});
    };
    // A start time of 0 is no proof that the pid is still the server.
    if (record_.pid_start_time != 0 && record_.boot_id == BootId())
      add(static_cast<pid_t>(record_.pid), record_.pid_start_time);
    for (const ServerProcess& server : state_.servers.Servers(record_.name))
      if (server.pid != record_.pid) add(server.pid, 0);
  }

  Result<> RemoveMounts() {
    for (int round = 0; round < kMaxStacked; ++round) {
      OSBX_TRY(const MountTable table, MountTable::Read());
      const MountInfoRow* row = table.Find(record_.target);
      if (row == nullptr) return {};
      if (!IsFuseServerRow(*row))
        return Failure(Code::kFailedPrecondition, reason::kTargetOccupied,
                       "a foreign file system is mounted at " + record_.target);
      if (stop_.stop_requested()) return Error(Code::kCancelled, "stopped");
      OSBX_CHECK(RemoveOne(*row, table));
    }
    return Failure(Code::kFailedPrecondition, reason::kTargetOccupied,
                   "mounts keep appearing at " + record_.target);
  }

  Result<> RemoveOne(const MountInfoRow& row, const MountTable& table) {
    // Unmounting would succeed in spite of these, and leave the server running for them.
    if (!options_.detach)
      if (const auto binds = FindBinds(row, table); !binds.empty())
        return BusyError(row.target, binds);
    std::vector<std::string> arguments{"umount", row.target};
    if (options_.detach) arguments.emplace_back("--lazy");
    OSBX_TRY(const int failed, state_.RunHelper(arguments, Left(), "umount " + row.target));
    // Somebody else was quicker: the next look at the table decides.
    if (failed == 0 || failed == EINVAL || failed == ENOENT) return {};
    if (failed == EBUSY) return BusyError(row.target, FindOpenFiles(row));
    return Error::FromErrno(failed, "unmount " + row.target);
  }

  Result<> WaitForServers() {
    for (const ServerHandle& server : servers_) {
      if (WaitForEnd(server.process, options_.detach ? milliseconds(0) : Left())) continue;
      // Whoever still holds a detached mount keeps its server, and that is what was asked for.
      if (options_.detach) continue;
      return Failure(
          Code::kDeadlineExceeded, reason::kTimedOut,
          "unmounted, but the server with pid " + std::to_string(server.pid) + " has not ended");
    }
    return {};
  }

  bool AllEnded() const {
    return std::all_of(servers_.begin(), servers_.end(), [](const ServerHandle& server) {
      return WaitForEnd(server.process, milliseconds(0));
    });
  }

  void RemoveTraces() {
    std::error_code ignored;
    if (!record_.name.empty()) std::filesystem::remove_all(state_.LogDir(record_.name), ignored);
    state_.servers.RemoveCgroups(record_.name);
  }

  Mounter::State& state_;
  const MountRecord& record_;
  UnmountOptions options_;
  std::stop_token stop_;
  Steady::time_point deadline_;
  std::vector<ServerHandle> servers_;
};

Result<> EnsureFuseControl() {
  struct stat info {};
  const std::string probe = std::string(kFuseControl) + "/..";
  OSBX_TRY(const MountTable table, MountTable::Read());
  if (table.Find(kFuseControl) != nullptr) return {};
  if (::stat(probe.c_str(), &info) != 0) return Error::FromErrno(errno, kFuseControl);
  if (::mount("none", kFuseControl, "fusectl", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
    return Error::FromErrno(errno, "mount fusectl");
  return {};
}

}  // namespace

Error BusyError(const std::string& target, std::span<const Holder> holders) {
  std::string message = target + " is in use";
  std::vector<Cause> causes;
  for (const Holder& holder : holders) {
    std::string who;
    if (holder.pid == 0)
      who = "mounted again at " + holder.path;
    else
      who = "process " + std::to_string(holder.pid) + " (" + holder.command + ")" +
            (holder.other_namespace ? " has it mounted at " + holder.path : "");
    message += (causes.empty() ? ": " : ", ") + who;
    causes.push_back({std::string(reason::kTargetBusy), "", std::move(who)});
  }
  if (causes.empty()) causes.push_back({std::string(reason::kTargetBusy), "", message});
  return Error(Code::kFailedPrecondition, std::move(message)).WithCauses(std::move(causes));
}

Result<> Mounter::Unmount(const MountRecord& record, UnmountOptions options, std::stop_token stop) {
  return Unmounter(*state_, record, options, std::move(stop)).Run();
}

Result<> Mounter::Abort(const MountRecord& record) {
  OSBX_TRY(const MountTable table, MountTable::Read());
  const MountInfoRow* row = table.Find(record.target);
  if (row == nullptr || !state_->dirs.Covers(record.target) || !IsFuseServerRow(*row))
    return Error(Code::kNotFound, "nothing of ours is mounted at " + record.target);
  OSBX_CHECK(EnsureFuseControl());
  const std::string path =
      std::string(kFuseControl) + "/" + std::to_string(row->device_minor) + "/abort";
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return Error::FromErrno(errno, path);
  if (::write(fd.Get(), "1", 1) != 1) return Error::FromErrno(errno, path);
  // The server may be what hangs, and does not always end by itself.
  if (const auto server = state_->servers.ServerOf(record.name, *row))
    Kill(OpenProcess(server->pid, 0));
  else if (record.pid_start_time != 0 && record.boot_id == BootId())
    Kill(OpenProcess(static_cast<pid_t>(record.pid), record.pid_start_time));
  return {};
}

}  // namespace osbx::mount
