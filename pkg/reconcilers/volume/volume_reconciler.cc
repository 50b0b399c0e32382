// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/volume/volume_reconciler.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "api/v1/sandbox.h"
#include "ctrl/conditions.h"
#include "drivers/mount/host_path.h"
#include "drivers/mount/identity.h"
#include "reconcilers/sandbox/sandbox_reconciler.h"
#include "reconcilers/volumes/credentials.h"
#include "reconcilers/volumes/resolve.h"
#include "registry/finalizers.h"

namespace osbx::reconcilers {
namespace {

using api::v1::Volume;
using api::v1::VolumeStatusDetail;

std::string Joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

void Judge(const Volume& volume, const VolumeObjectFacts& facts, VolumeStatusDetail& status) {
  std::string problem;
  std::string message;
  if (volume.spec.ossfs) {
    status.type = "ossfs";
    const std::string prefix = mount::NormalizePrefix(volume.spec.ossfs->prefix);
    status.source = "oss://" + volume.spec.ossfs->bucket + (prefix.empty() ? "" : "/" + prefix);
    if (!facts.secret_found) {
      problem = "CredentialsNotFound";
      message = "the Secret of credentialsRef does not exist";
    } else if (!facts.secret_problem.empty()) {
      problem = "InvalidCredentials";
      message = facts.secret_problem;
    }
  } else if (volume.spec.host) {
    status.type = "host";
    status.source = volume.spec.host->path;
    if (!facts.host_path_allowed) {
      problem = "HostPathNotAllowed";
      message = "spec.host.path is not below any of storage.allowed_host_paths";
    }
  } else if (volume.spec.pvc) {
    status.type = "pvc";
    status.source = volume.spec.pvc->claim_name;
  }
  if (volume.metadata.deletion_timestamp) {
    problem = "Terminating";
    message = "deleted; kept while sandboxes refer to it: " + Joined(facts.sandboxes);
  }
  ctrl::SetCondition(status.conditions, "Ready", problem.empty() ? "True" : "False",
                     problem.empty() ? "Usable" : problem, message, facts.now);
}

}  // namespace

VolumePlan PlanVolume(const Volume& volume, const VolumeObjectFacts& facts) {
  VolumePlan plan;
  plan.release = volume.metadata.deletion_timestamp && facts.sandboxes.empty();
  VolumeStatusDetail& status = plan.status;
  status = volume.status;
  status.observed_generation = volume.metadata.generation;
  status.users = facts.sandboxes;
  status.user_count = static_cast<std::int32_t>(facts.sandboxes.size());
  Judge(volume, facts, status);
  return plan;
}

Result<ctrl::Outcome> VolumeReconciler::Reconcile(const store::Key& key) {
  const auto volume = cache_.Get<Volume>(key);
  if (!volume) return ctrl::Outcome{};
  VolumeObjectFacts facts;
  facts.now = clock_.Now();
  for (const auto& sandbox :
       cache_.ByIndex<api::v1::Sandbox>(kSandboxesByVolume, key.ns + "/" + key.name)) {
    if (MayUse(*sandbox, *volume)) facts.sandboxes.push_back(sandbox->metadata.name);
  }
  std::ranges::sort(facts.sandboxes);
  if (volume->spec.host) {
    facts.host_path_allowed =
        !mount::CoveringPrefix(allowed_host_paths_, volume->spec.host->path).empty();
  }
  if (volume->spec.ossfs && volume->spec.ossfs->credentials_ref) {
    const auto secret =
        cache_.Get<api::v1::Secret>({"secrets", key.ns, volume->spec.ossfs->credentials_ref->name});
    facts.secret_found = secret != nullptr;
    if (secret) {
      if (const auto usable = CredentialsOf(*secret); !usable)
        facts.secret_problem = usable.error().message();
    }
  }
  const VolumePlan plan = PlanVolume(*volume, facts);  // pure: no I/O, no clock
  if (plan.release) {
    // A sandbox that comes from now on may not use it (MayUse), so nobody is overlooked.
    OSBX_CHECK(writer_.DropFinalizer(*volume, registry::kVolumeFinalizer));
    return ctrl::Outcome{};
  }
  Volume changed = *volume;
  changed.status = plan.status;
  if (changed.status != volume->status) OSBX_CHECK(writer_.UpdateStatus(changed));
  return ctrl::Outcome{};
}

}  // namespace osbx::reconcilers
