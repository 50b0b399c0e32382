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

namespace osbx::reconcilers {
namespace {

using api::v1::Volume;
using api::v1::VolumeStatusDetail;

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
  ctrl::SetCondition(status.conditions, "Ready", problem.empty() ? "True" : "False",
                     problem.empty() ? "Usable" : problem, message, facts.now);
}

}  // namespace

VolumeStatusDetail PlanVolume(const Volume& volume, const VolumeObjectFacts& facts) {
  VolumeStatusDetail status = volume.status;
  status.observed_generation = volume.metadata.generation;
  status.users = facts.sandboxes;
  status.user_count = static_cast<std::int32_t>(facts.sandboxes.size());
  Judge(volume, facts, status);
  return status;
}

Result<ctrl::Outcome> VolumeReconciler::Reconcile(const store::Key& key) {
  const auto volume = cache_.Get<Volume>(key);
  if (!volume) return ctrl::Outcome{};
  VolumeObjectFacts facts;
  facts.now = clock_.Now();
  for (const auto& sandbox :
       cache_.ByIndex<api::v1::Sandbox>(kSandboxesByVolume, key.ns + "/" + key.name)) {
    facts.sandboxes.push_back(sandbox->metadata.name);
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
  Volume changed = *volume;
  changed.status = PlanVolume(*volume, facts);
  if (changed.status != volume->status) OSBX_CHECK(writer_.UpdateStatus(changed));
  return ctrl::Outcome{};
}

}  // namespace osbx::reconcilers
