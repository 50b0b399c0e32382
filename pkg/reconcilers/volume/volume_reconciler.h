// SPDX-License-Identifier: Apache-2.0
// Says of each Volume whether it can be used and who uses it, and keeps a deleted one until the
// last of them has gone. Makes nothing: mounts come with the sandboxes that need them. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "api/v1/secret.h"
#include "api/v1/volume.h"
#include "base/clock.h"
#include "ctrl/cache.h"
#include "ctrl/controller.h"
#include "registry/typed.h"

namespace osbx::reconcilers {

struct VolumeObjectFacts {
  std::vector<std::string> sandboxes;  // names of those that refer to it, sorted
  bool host_path_allowed = true;
  bool secret_found = true;
  std::string secret_problem;  // why its keys cannot be used
  Time now{};
};

struct VolumePlan {
  bool release = false;  // deleted, and no sandbox refers to it: drop the finalizer
  api::v1::VolumeStatusDetail status;
};

VolumePlan PlanVolume(const api::v1::Volume& volume, const VolumeObjectFacts& facts);

class VolumeReconciler {
 public:
  VolumeReconciler(ctrl::Cache& cache, registry::Writer& writer, Clock& clock,
                   std::vector<std::string> allowed_host_paths)
      : cache_(cache),
        writer_(writer),
        clock_(clock),
        allowed_host_paths_(std::move(allowed_host_paths)) {}
  Result<ctrl::Outcome> Reconcile(const store::Key& key);

 private:
  ctrl::Cache& cache_;
  registry::Writer& writer_;
  Clock& clock_;
  const std::vector<std::string> allowed_host_paths_;
};

}  // namespace osbx::reconcilers
