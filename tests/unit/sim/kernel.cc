// SPDX-License-Identifier: Apache-2.0
#include "kernel.h"

#include <filesystem>

#include "drivers/mount/failure.h"
#include "drivers/mount/host_path.h"
#include "drivers/mount/inside.h"
#include "drivers/mount/slot.h"
#include "reconcilers/sandbox/ping.h"

namespace osbx::sim {
namespace {

Kernel* current = nullptr;

}  // namespace

Kernel::Kernel() {
  current = this;
}
Kernel::~Kernel() {
  current = nullptr;
}
Kernel& Kernel::Current() {
  return *current;
}

mount::MountRecord Kernel::RecordOf(const std::string& target) const {
  const Served& served = mounts.at(target);
  return {.name = served.name,
          .target = target,
          .pid = served.alive ? served.pid : 0,
          .pid_start_time = served.pid * 10,
          .boot_id = "boot",
          .device_minor = served.mount_id,
          .mount_id = served.mount_id,
          .log_dir = "/logs/" + served.name};
}

void Kernel::Put(const std::string& name, const std::string& target) {
  ++next_id_;
  mounts[target] = {.name = name, .mount_id = next_id_, .pid = next_id_ * 7, .alive = true};
}

}  // namespace osbx::sim

// ---- what the real driver does on a real host ----

namespace osbx::mount {

using sim::Kernel;

struct Mounter::State {};

Mounter::Mounter(std::unique_ptr<State> state) : state_(std::move(state)) {}
Mounter::Mounter(Mounter&&) noexcept = default;
Mounter& Mounter::operator=(Mounter&&) noexcept = default;
Mounter::~Mounter() = default;

Result<Mounter> Mounter::Open(MounterOptions /*options*/) {
  return Mounter(std::make_unique<State>());
}

Result<MountRecord> Mounter::Mount(const MountSpec& spec, const Credentials& /*credentials*/,
                                   std::stop_token /*stop*/) {
  Kernel& kernel = Kernel::Current();
  const auto found = kernel.mounts.find(spec.target);
  if (found != kernel.mounts.end() && found->second.alive) return kernel.RecordOf(spec.target);
  if (kernel.failing_mounts > 0) {
    --kernel.failing_mounts;
    return Failure(Code::kUnavailable, reason::kEndpointUnreachable, "simulated: no endpoint");
  }
  kernel.Put(MountName(spec.identity), spec.target);
  if (kernel.lost_answers > 0) {
    --kernel.lost_answers;
    return Failure(Code::kDeadlineExceeded, reason::kTimedOut, "simulated: no answer");
  }
  return kernel.RecordOf(spec.target);
}

Result<> Mounter::Unmount(const MountRecord& record, UnmountOptions /*options*/,
                          std::stop_token /*stop*/) {
  Kernel& kernel = Kernel::Current();
  const auto found = kernel.mounts.find(record.target);
  if (found == kernel.mounts.end()) return {};
  if (found->second.alive) kernel.on_unmount(record.target);
  kernel.mounts.erase(found);
  return {};
}

Result<> Mounter::Probe(const std::string& target, ProbeDepth /*depth*/) {
  const auto& mounts = Kernel::Current().mounts;
  const auto found = mounts.find(target);
  if (found == mounts.end()) return Error(Code::kNotFound, "not mounted");
  if (found->second.alive) return {};
  return Failure(Code::kUnavailable, reason::kNotConnected, "simulated: the server is dead");
}

Result<std::vector<Adoption>> Mounter::Adopt(std::span<const MountRecord> records) const {
  std::vector<Adoption> out;
  for (const MountRecord& record : records) {
    const auto& mounts = Kernel::Current().mounts;
    const auto found = mounts.find(record.target);
    if (found == mounts.end()) {
      out.push_back(Adoption::kNotMounted);
    } else if (found->second.pid != record.pid) {
      out.push_back(Adoption::kReplaced);
    } else {
      out.push_back(found->second.alive ? Adoption::kAlive : Adoption::kServerGone);
    }
  }
  return out;
}

Result<MountRecord> Mounter::Describe(const std::string& name, const std::string& target) const {
  const Kernel& kernel = Kernel::Current();
  const auto found = kernel.mounts.find(target);
  if (found == kernel.mounts.end() || found->second.name != name) {
    return Error(Code::kNotFound, "not mounted");
  }
  return kernel.RecordOf(target);
}

// Containers of a simulation are no processes: what they see is taken for the present mounts.
Result<InsideView> LookInside(pid_t pid) {
  return Error(Code::kNotFound, "there is no process " + std::to_string(pid));
}

Result<> Mounter::ReplaceInside(const std::string& target, const InsidePlace& /*place*/) {
  return Error(Code::kNotFound, target + ": there is no process");
}

Result<MountTablePtr> Mounter::Table() const {
  std::vector<MountInfoRow> rows;
  for (const auto& [target, served] : Kernel::Current().mounts) {
    MountInfoRow row;
    row.mount_id = served.mount_id;
    row.device_minor = static_cast<unsigned>(served.mount_id);
    row.root = "/";
    row.target = target;
    row.fstype = "fuse.ossfs2";
    row.source = "ossfs2";
    rows.push_back(std::move(row));
  }
  return std::make_shared<const MountTable>(std::move(rows));
}

Result<> EnsureSharedRoot(const std::string& /*root*/) {
  return {};
}

Result<std::string> EnsureSlot(const std::string& root, const std::string& id) {
  std::filesystem::create_directories(root + "/" + id + "/run");
  return root + "/" + id;
}

std::vector<std::string> ListSlots(const std::string& root) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    out.push_back(entry.path().filename());
  }
  return out;
}

Result<> RemoveSlot(const std::string& root, const std::string& id) {
  std::filesystem::remove_all(root + "/" + id);
  return {};
}

std::string CoveringPrefix(const std::vector<std::string>& allowed_prefixes,
                           const std::string& path) {
  return allowed_prefixes.empty() || !path.starts_with(allowed_prefixes.front())
             ? ""
             : allowed_prefixes.front();
}

Result<std::string> StageHostPath(const StageRequest& request) {
  Kernel::Current().staged.insert(request.stage_dir);
  return request.stage_dir + "/" + request.name;
}

Result<> RemoveStaged(const std::string& stage_dir) {
  Kernel::Current().staged.erase(stage_dir);
  return {};
}

}  // namespace osbx::mount

namespace osbx::reconcilers {

Result<> PingUntil(const std::string& /*slot*/, Duration /*deadline*/,
                   const std::function<bool()>& alive, std::stop_token /*stop*/) {
  if (alive()) return {};
  return Error(Code::kFailedPrecondition, "the container has ended");
}

}  // namespace osbx::reconcilers
