// SPDX-License-Identifier: Apache-2.0
// Sandboxes and mounts have effects on the host that must be undone before the object goes; a
// volume must not go while sandboxes refer to it.
#include <nlohmann/json.hpp>

#include "api/causes.h"
#include "base/rfc3339.h"
#include "registry/admission_kinds.h"
#include "registry/finalizers.h"
#include "registry/json_access.h"
#include "registry/metadata_rules.h"

namespace osbx::registry {

void KeepFinalizer(const Json& live, Json& object, std::string_view finalizer, bool internal) {
  if (internal || IsDeleting(live)) return;
  const Json* finalizers = Member(Metadata(live), "finalizers");
  if (finalizers == nullptr || !HasString(*finalizers, finalizer)) return;
  AppendString(EnsureObject(object, "metadata"), "finalizers", finalizer);
}

void CreateSandbox(Json& object, Time now, std::vector<Cause>& causes) {
  AppendString(EnsureObject(object, "metadata"), "finalizers", kContainerFinalizer);
  const Json* expires = MemberPath(object, {"spec", "expiresAt"});
  if (expires == nullptr || !expires->is_string()) return;
  const auto& text = expires->get_ref<const std::string&>();
  const Result<Time> time = ParseTime(text);
  if (time && *time <= now) {
    causes.push_back(api::InvalidText("spec.expiresAt", text, "must be in the future"));
  }
}

void UpdateSandbox(const Json& live, Json& object, bool internal) {
  KeepFinalizer(live, object, kContainerFinalizer, internal);
}

void CreateMount(Json& object, Time /*now*/, std::vector<Cause>& /*causes*/) {
  AppendString(EnsureObject(object, "metadata"), "finalizers", kMountFinalizer);
}

void UpdateMount(const Json& live, Json& object, bool internal) {
  KeepFinalizer(live, object, kMountFinalizer, internal);
}

void CreateVolume(Json& object, Time /*now*/, std::vector<Cause>& /*causes*/) {
  AppendString(EnsureObject(object, "metadata"), "finalizers", kVolumeFinalizer);
}

void UpdateVolume(const Json& live, Json& object, bool internal) {
  KeepFinalizer(live, object, kVolumeFinalizer, internal);
}

void CreateSnapshot(Json& object, Time /*now*/, std::vector<Cause>& /*causes*/) {
  AppendString(EnsureObject(object, "metadata"), "finalizers", kSnapshotFinalizer);
}

void UpdateSnapshot(const Json& live, Json& object, bool internal) {
  KeepFinalizer(live, object, kSnapshotFinalizer, internal);
}

}  // namespace osbx::registry
