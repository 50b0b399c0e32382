// SPDX-License-Identifier: Apache-2.0
// Looking: probes, records, adoption, inventory.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <nlohmann/json.hpp>

#include "drivers/mount/mounter.h"
#include "drivers/mount/mounter_state.h"

namespace osbx::mount {
namespace {

Error ProbeError(const std::string& target, int failed) {
  const std::string message = target + ": " + std::strerror(failed);  // NOLINT: a copy is made
  switch (failed) {
    case ENOTCONN:
    case ECONNABORTED:
      return Failure(Code::kUnavailable, reason::kNotConnected,
                     target + ": the FUSE server has ended");
    case EACCES:
    case EPERM:
      return Failure(Code::kPermissionDenied, reason::kInvalidCredentials, message);
    case ETIMEDOUT:
      return Failure(Code::kDeadlineExceeded, reason::kTimedOut, message);
    default:
      return Failure(Code::kUnavailable, reason::kMountFailed, message);
  }
}

bool ServerIsAlive(const MountRecord& record) {
  return static_cast<bool>(OpenProcess(static_cast<pid_t>(record.pid), record.pid_start_time));
}

Adoption Judge(const MountRecord& record, const MountTable& table, const std::string& boot_id,
               const ServerRegistry& servers) {
  const MountInfoRow* row = table.Find(record.target);
  if (row == nullptr) return Adoption::kNotMounted;
  if (record.boot_id != boot_id || row->mount_id != record.mount_id ||
      row->device_minor != record.device_minor || !IsFuseServerRow(*row))
    return Adoption::kReplaced;
  if (ServerIsAlive(record)) return Adoption::kAlive;
  // The kernel reuses the numbers of mounts and connections at once: look for a successor.
  return servers.ServerOf(record.name, *row) ? Adoption::kReplaced : Adoption::kServerGone;
}

}  // namespace

Result<int> Mounter::State::RunHelper(std::vector<std::string> arguments,
                                      std::chrono::milliseconds timeout, const std::string& tag) {
  const auto hung = [&] {
    return Failure(Code::kDeadlineExceeded, reason::kTimedOut, tag + " does not answer");
  };
  if (reaper.Outstanding(tag)) return hung();
  SubprocessOptions run;
  run.argv = std::move(arguments);
  run.argv.insert(run.argv.begin(), options.helper);
  run.working_dir = "/";
  run.timeout = timeout;
  run.reaper = &reaper;
  run.tag = tag;
  constexpr std::chrono::milliseconds kGrace{50};  // a prober stuck in the kernel does not die
  run.kill_grace = kGrace;
  Result<SubprocessResult> ran = RunSubprocess(run);
  if (!ran && ran.error().code() == Code::kDeadlineExceeded) return hung();
  OSBX_TRY(const SubprocessResult result, std::move(ran));
  constexpr int kUsage = 255;
  if (result.status.signal != 0 || result.status.exit_code == kUsage)
    return Error(Code::kInternal, "osbx-fuse-helper " + run.argv[1] + " failed: " + result.err);
  return result.status.exit_code;
}

Result<> Mounter::State::Probe(const std::string& target, ProbeDepth depth,
                               std::chrono::milliseconds timeout) {
  std::vector<std::string> arguments{"probe", target};
  if (depth == ProbeDepth::kBackend) arguments.emplace_back("--list");
  OSBX_TRY(const int failed, RunHelper(std::move(arguments), timeout, target));
  if (failed != 0) return ProbeError(target, failed);
  return {};
}

Result<> Mounter::State::DetachAll(const std::string& target) {
  for (int round = 0; round < kMaxStacked; ++round) {
    OSBX_TRY(const MountTablePtr table, mounts.Now());
    const MountInfoRow* row = table->Find(target);
    if (row == nullptr || !IsFuseServerRow(*row)) return {};
    OSBX_TRY(const int failed,
             RunHelper({"umount", target, "--lazy"}, options.unmount_timeout, "umount " + target));
    if (failed != 0 && failed != EINVAL && failed != ENOENT)
      return Error::FromErrno(failed, "detach " + target);
  }
  return Error(Code::kFailedPrecondition, "mounts keep appearing at " + target);
}

MountRecord Mounter::State::Describe(const std::string& name, const MountInfoRow& row) const {
  MountRecord record;
  record.name = name;
  record.target = row.target;
  record.boot_id = BootId();
  record.device_minor = row.device_minor;
  record.mount_id = row.mount_id;
  record.log_dir = LogDir(name);
  const auto server = servers.ServerOf(name, row);
  const auto stat = server ? ReadProcessStat(server->pid) : std::nullopt;
  if (stat) {
    record.pid = server->pid;
    record.pid_start_time = stat->start_time;
  }
  return record;
}

Result<> Mounter::Probe(const std::string& target, ProbeDepth depth) {
  OSBX_TRY(const MountTablePtr table, state_->mounts.Now());
  const MountInfoRow* row = table->Find(target);
  if (row == nullptr || !IsFuseServerRow(*row))
    return Error(Code::kNotFound, "no FUSE file system of ours is mounted at " + target);
  return state_->Probe(target, depth, state_->options.probe_timeout);
}

Result<std::vector<Adoption>> Mounter::Adopt(std::span<const MountRecord> records) const {
  OSBX_TRY(const MountTablePtr table, state_->mounts.Now());
  const std::string boot_id = BootId();
  std::vector<Adoption> adoptions;
  adoptions.reserve(records.size());
  for (const MountRecord& record : records)
    adoptions.push_back(Judge(record, *table, boot_id, state_->servers));
  return adoptions;
}

Result<MountRecord> Mounter::Describe(const std::string& name, const std::string& target) const {
  OSBX_TRY(const MountTablePtr table, state_->mounts.Now());
  const MountInfoRow* row = table->Find(target);
  if (row == nullptr || !IsFuseServerRow(*row) || !state_->servers.ServerOf(name, *row))
    return Error(Code::kNotFound, "no mount for " + name + " at " + target);
  return state_->Describe(name, *row);
}

Result<MountTablePtr> Mounter::Table() const {
  return state_->mounts.Now();
}

Result<Inventory> Mounter::InspectAll() const {
  OSBX_TRY(const MountTablePtr table, state_->mounts.Now());
  Inventory inventory;
  inventory.mounts = table->Below(state_->dirs.Root());
  for (const ServerProcess& server : state_->servers.Servers())
    inventory.servers.push_back({server.pid, server.name, server.command, server.connection});
  inventory.stray_directories = state_->dirs.FindStray();
  inventory.credential_files = state_->credentials.List();
  std::error_code error;
  const std::string logs = state_->options.state_dir + "/mounts";
  for (auto entry = std::filesystem::directory_iterator(logs, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
    inventory.log_dirs.push_back(entry->path().filename().string());
  return inventory;
}

Result<> Mounter::RemoveStrayDirectory(const std::string& path) {
  if (!state_->dirs.Covers(path))
    return Error(Code::kInvalid, path + " is not below the mount root");
  return state_->dirs.Remove(path);
}

std::string_view AdoptionName(Adoption adoption) {
  switch (adoption) {
    case Adoption::kAlive:
      return "Alive";
    case Adoption::kReplaced:
      return "Replaced";
    case Adoption::kServerGone:
      return "ServerGone";
    case Adoption::kNotMounted:
      return "NotMounted";
  }
  return "Unknown";
}

Json ToJson(const MountRecord& record) {
  return Json{{"name", record.name},        {"target", record.target},
              {"pid", record.pid},          {"pidStartTime", record.pid_start_time},
              {"bootId", record.boot_id},   {"deviceMinor", record.device_minor},
              {"mountId", record.mount_id}, {"logDir", record.log_dir}};
}

Result<MountRecord> RecordFromJson(const Json& json) {
  try {
    MountRecord record;
    record.name = json.at("name").get<std::string>();
    record.target = json.at("target").get<std::string>();
    record.pid = json.value("pid", record.pid);
    record.pid_start_time = json.value("pidStartTime", record.pid_start_time);
    record.boot_id = json.value("bootId", record.boot_id);
    record.device_minor = json.value("deviceMinor", record.device_minor);
    record.mount_id = json.value("mountId", record.mount_id);
    record.log_dir = json.value("logDir", record.log_dir);
    return record;
  } catch (const Json::exception& error) {
    return Error(Code::kInvalid, std::string("mount record: ") + error.what());
  }
}

}  // namespace osbx::mount
