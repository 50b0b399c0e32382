// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "registry/admission.h"
#include "registry/apply.h"
#include "registry/errors.h"
#include "registry/json_access.h"
#include "registry/metadata_rules.h"
#include "registry/patch.h"
#include "registry/write_plan.h"

namespace osbx::registry {
namespace {

Result<> ApplyPatch(PatchType type, Json& object, const Json& patch) {
  switch (type) {
    case PatchType::kJson:
      return ApplyJsonPatch(object, patch);
    case PatchType::kMerge:
      return ApplyMergePatch(object, patch);
    case PatchType::kStrategic:
      return ApplyStrategicPatch(object, patch);
    case PatchType::kApply:
      break;
  }
  return Error(Code::kInternal, "apply is planned elsewhere");
}

// Preconditions of an apply, which may make the object.
Result<> CheckApplyTarget(const PlanContext& context, const ObjectPtr& live, const Json& body) {
  const api::Kind& kind = context.kind();
  const std::string uid(MetadataString(body, "uid"));
  if (live == nullptr) {
    if (uid.empty()) return {};
    return Conflicting(kind, context.ref.name,
                       "uid mismatch: the provided object specified uid " + uid +
                           ", and no existing object was found");
  }
  if (!uid.empty() && uid != live->uid) {
    return Conflicting(
        kind, context.ref.name,
        "Precondition failed: UID in precondition: " + uid + ", UID in object meta: " + live->uid);
  }
  const std::string_view revision = MetadataString(body, "resourceVersion");
  if (!revision.empty() && revision != std::to_string(live->revision)) {
    return Stale(kind, context.ref.name);
  }
  return {};
}

Result<> DecodeApplied(const PlanContext& context, Json& body) {
  OSBX_CHECK(DecodeBody(context, context.ref.name, body));
  Json& metadata = EnsureObject(body, "metadata");
  if (const Json* managed = Member(metadata, "managedFields")) {
    if (!managed->is_array() || !managed->empty()) {
      return BadRequest("metadata.managedFields must be nil");
    }
    metadata.erase("managedFields");
  }
  DropNulls(body);
  return {};
}

}  // namespace

Result<Planned> PlanPatch(const PlanContext& context, PatchType type, Subresource subresource,
                          const Json& patch) {
  const api::Kind& kind = context.kind();
  OSBX_CHECK(CheckDepth(patch));
  const ObjectPtr live = context.pending.Find(KeyOf(context.ref));
  if (live == nullptr) return NotFound(kind, context.ref.name);
  Incoming incoming{.object = *live->body, .subresource = subresource};
  Json& object = incoming.object;
  OSBX_CHECK(ApplyPatch(type, object, patch));
  OSBX_CHECK(DecodeBody(context, context.ref.name, object));
  if (MetadataString(object, "resourceVersion").empty()) {
    EnsureObject(object, "metadata")["resourceVersion"] = std::to_string(live->revision);
  }
  OSBX_CHECK(CheckPreconditions(context, *live, object));
  OSBX_CHECK(CheckStrictness(context, true, object));
  incoming.managed = ManagedOfWrite(live->body.get(), object);
  api::Default(*kind.schema, object);
  if (subresource == Subresource::kNone) {
    incoming.keys = Intake(context, live->body.get(), object, incoming.causes);
  }
  return FinishUpdate(context, live, std::move(incoming));
}

Result<Planned> PlanApply(const PlanContext& context, Subresource subresource, const Json& body) {
  const api::Kind& kind = context.kind();
  Json applied = body;
  OSBX_CHECK(DecodeApplied(context, applied));
  const ObjectPtr live = context.pending.Find(KeyOf(context.ref));
  if (live == nullptr) {
    if (subresource != Subresource::kNone) return NotFound(kind, context.ref.name);
    OSBX_CHECK(CheckMayCreate(kind, context.ref.name, context.info.internal));
  }
  OSBX_CHECK(CheckApplyTarget(context, live, applied));
  OSBX_CHECK(CheckApplied(kind, MetadataString(body, "namespace"), applied));
  OSBX_CHECK(CheckStrictness(context, false, applied));

  Incoming incoming{.object = {}, .subresource = subresource, .applied = true};
  const Json* live_body = live == nullptr ? nullptr : live->body.get();
  incoming.keys = Intake(context, live_body, applied, incoming.causes);
  OSBX_TRY(Applied merged,
           MergeApplied(WritingOf(context, subresource), live_body, applied, context.info.force));
  incoming.object = *merged.object;
  incoming.managed = std::move(merged.managed);
  api::Default(*kind.schema, incoming.object);
  if (live == nullptr) return FinishCreate(context, std::move(incoming));
  return FinishUpdate(context, live, std::move(incoming));
}

}  // namespace osbx::registry
