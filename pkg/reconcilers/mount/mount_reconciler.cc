// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/mount/mount_reconciler.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "drivers/mount/backend.h"
#include "drivers/mount/failure.h"
#include "drivers/mount/placement.h"
#include "reconcilers/sandbox/container_ops.h"
#include "reconcilers/sandbox/sandbox_reconciler.h"
#include "reconcilers/volumes/resolve.h"
#include "registry/finalizers.h"

namespace osbx::reconcilers {
namespace {

using api::v1::Mount;

mount::MountRecord RecordOf(const Mount& mount) {
  const auto& status = mount.status;
  return {.name = mount.metadata.name,
          .target = status.target,
          .pid = status.pid.value_or(0),
          .pid_start_time = status.pid_start_time.value_or(0),
          .boot_id = status.boot_id,
          .device_minor = status.device_minor.value_or(0),
          .mount_id = status.mount_id.value_or(0),
          .log_dir = status.log_dir};
}

ServerFacts ServerOf(const mount::MountRecord& record) {
  return {.pid = record.pid,
          .start_time = record.pid_start_time,
          .device_minor = record.device_minor,
          .mount_id = record.mount_id,
          .log_dir = record.log_dir};
}

}  // namespace

Result<ctrl::Outcome> MountReconciler::Reconcile(const store::Key& key) {
  const auto mount = d_.cache.Get<Mount>(key);  // immutable snapshot
  if (!mount) return ctrl::Outcome{};

  OSBX_TRY(const MountFacts facts, Gather(*mount, key));
  const MountPlan plan = PlanMount(*mount, facts);  // pure: no I/O, no clock
  if (plan.step == MountStep::kRelease) {
    d_.ops.Forget(key);
    d_.servers.Forget(key.name);
    if (!mount->metadata.deletion_timestamp) OSBX_CHECK(d_.writer.Delete(*mount));
    OSBX_CHECK(d_.writer.DropFinalizer(*mount, registry::kMountFinalizer));
    return ctrl::Outcome{};
  }
  if (facts.actual == ActualMount::kServing)
    d_.servers.Watch(key.name, static_cast<pid_t>(facts.server.pid), facts.server.start_time);
  Act(*mount, key, plan);
  if (plan.status != mount->status) {
    Mount changed = *mount;
    changed.status = plan.status;
    OSBX_CHECK(d_.writer.UpdateStatus(changed));
    Announce(*mount, plan.status);
  }
  return ctrl::Outcome{.after = plan.recheck};
}

Result<MountFacts> MountReconciler::Gather(const Mount& mount, const store::Key& key) const {
  MountFacts facts;
  facts.now = d_.clock.Now();
  facts.mono = d_.clock.Mono();
  facts.grace = d_.grace;
  facts.run = d_.run;
  facts.boot_id = d_.boot_id;
  facts.busy = d_.ops.Busy(key);
  for (const auto& sandbox : d_.cache.ByIndex<api::v1::Sandbox>(kSandboxesByMount, key.name)) {
    facts.sandboxes.push_back(sandbox->metadata.namespace_ + "/" + sandbox->metadata.name);
  }
  std::ranges::sort(facts.sandboxes);
  // An object that cannot be read may be a user: then nobody knows.
  facts.containers_known = d_.containers.Known() && d_.cache.Complete<api::v1::Sandbox>();
  if (!mount.status.target.empty()) facts.containers = d_.containers.UsersOf(mount.status.target);
  facts.has_credentials = FindCredentials(mount).has_value();
  if (mount.status.target.empty()) facts.placement = ChoosePlacement(mount);
  if (const auto last = d_.ops.Last(key)) {
    facts.last = LastOperation{.name = last->name,
                               .ok = !last->error,
                               .reason = last->error ? ReasonOf(*last->error) : "",
                               .message = last->error ? last->error->message() : "",
                               .attempts = last->attempts,
                               .retry = last->next_allowed};
  }
  OSBX_CHECK(GatherActual(mount, facts));
  return facts;
}

// From mountinfo and /proc alone: the path itself is never touched here.
Result<> MountReconciler::GatherActual(const Mount& mount, MountFacts& facts) const {
  if (mount.status.target.empty() || facts.busy) return {};
  OSBX_TRY(const mount::MountTablePtr table, d_.mounter.Table());
  const mount::MountInfoRow* row = table->Find(mount.status.target);
  if (row == nullptr) return {};
  if (!mount::IsFuseServerRow(*row)) {
    facts.actual = ActualMount::kForeign;
    return {};
  }
  const mount::MountRecord recorded = RecordOf(mount);
  if (recorded.pid != 0) {
    OSBX_TRY(const std::vector<mount::Adoption> adoption,
             d_.mounter.Adopt(std::span(&recorded, 1)));
    if (adoption.front() == mount::Adoption::kAlive) {
      facts.actual = ActualMount::kServing;
      facts.server = ServerOf(recorded);
      return {};
    }
  }
  const auto found = d_.mounter.Describe(mount.metadata.name, mount.status.target);
  facts.actual = found && found->pid != 0 ? ActualMount::kServing : ActualMount::kDead;
  if (found) facts.server = ServerOf(*found);
  return {};
}

std::string MountReconciler::ChoosePlacement(const Mount& mount) const {
  std::vector<std::string> taken;
  for (const auto& other : d_.cache.List<Mount>("")) {
    if (other->metadata.name != mount.metadata.name && !other->status.target.empty()) {
      taken.push_back(other->status.target);
    }
  }
  if (const auto table = d_.mounter.Table()) {
    const std::set<std::string> named(taken.begin(), taken.end());
    for (const auto& row : (*table)->Below(d_.mount_root)) {
      // A mount that no object names may be this one's: its object was lost and made again.
      if (!named.contains(row.target)) {
        const auto found = d_.mounter.Describe(mount.metadata.name, row.target);
        if (found && found->pid != 0) return row.target;
      }
      taken.push_back(row.target);
    }
  }
  return mount::ChooseTarget(d_.mount_root, IdentityOf(mount.spec), taken);
}

// All users have equal credentials, since their fingerprint is part of the
// match key: any of them will do.
std::optional<mount::Credentials> MountReconciler::FindCredentials(const Mount& mount) const {
  for (const auto& sandbox :
       d_.cache.ByIndex<api::v1::Sandbox>(kSandboxesByMount, mount.metadata.name)) {
    const std::string& ns = sandbox->metadata.namespace_;
    const VolumeLookups lookups{.volume =
                                    [&](const std::string& name) {
                                      return d_.cache.Get<api::v1::Volume>({"volumes", ns, name});
                                    },
                                .secret =
                                    [&](const std::string& name) {
                                      return d_.cache.Get<api::v1::Secret>({"secrets", ns, name});
                                    }};
    for (const auto& volume : ResolveVolumes(*sandbox, lookups, d_.credentials)) {
      if (volume.mount_name == mount.metadata.name) return volume.credentials;
    }
  }
  return std::nullopt;
}

void MountReconciler::Act(const Mount& mount, const store::Key& key, const MountPlan& plan) {
  const mount::MountRecord record = RecordOf(mount);
  switch (plan.step) {
    case MountStep::kNone:
    case MountStep::kRelease:
      return;
    case MountStep::kMount: {
      const auto credentials = FindCredentials(mount);
      if (!credentials) return;
      const mount::MountSpec spec{.identity = IdentityOf(mount.spec),
                                  .target = mount.status.target};
      d_.ops.Start(key, std::string(kMountOp),
                   [this, spec, credentials](const std::stop_token& stop) -> Result<> {
                     OSBX_CHECK(d_.mounter.Mount(spec, *credentials, stop));
                     return {};
                   });
      return;
    }
    case MountStep::kProbe:
      d_.ops.Start(key, std::string(kProbeOp), [this, record](const std::stop_token&) {
        return d_.mounter.Probe(record.target);
      });
      return;
    case MountStep::kUnmount:
    case MountStep::kDetachDead: {
      const bool dead = plan.step == MountStep::kDetachDead;
      d_.ops.Start(key, std::string(kUnmountOp), [this, record, dead](const std::stop_token& stop) {
        return d_.mounter.Unmount(record, {.detach = dead}, stop);
      });
      return;
    }
  }
}

void MountReconciler::Announce(const Mount& before, const api::v1::MountStatus& after) {
  if (after.phase == before.status.phase && after.last_error == before.status.last_error) return;
  const auto ref = ctrl::ReferenceTo(before);
  if (after.phase == "Mounted") {
    d_.events.Record(ref, ctrl::EventLevel::kNormal, "Mounted",
                     "Mounted " + after.source + " at " + after.target);
  } else if (after.phase == "Failed") {
    d_.events.Record(ref, ctrl::EventLevel::kWarning, after.last_reason, after.last_error);
  } else if (before.status.phase == "Mounted" && after.phase == "Mounting") {
    d_.events.Record(ref, ctrl::EventLevel::kWarning, "MountLost",
                     "The mount at " + after.target + " was lost");
  }
}

}  // namespace osbx::reconcilers
