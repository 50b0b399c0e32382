// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/rfc3339.h"
#include "registry/admission.h"
#include "registry/errors.h"
#include "registry/finalizers.h"
#include "registry/json_access.h"
#include "registry/metadata_rules.h"
#include "registry/write_plan.h"

namespace osbx::registry {
namespace {

Result<> CheckDeletePreconditions(const PlanContext& context, const store::Object& live,
                                  const DeleteOptions& options) {
  const auto conflict = [&](const std::string& why) {
    return Conflicting(context.kind(), context.ref.name, why);
  };
  if (options.uid && *options.uid != live.uid) {
    return conflict("the UID in the precondition (" + *options.uid +
                    ") does not match the UID in record (" + live.uid +
                    "). The object might have been deleted and then recreated");
  }
  const std::string revision = std::to_string(live.revision);
  if (options.resource_version && *options.resource_version != revision) {
    return conflict("the ResourceVersion in the precondition (" + *options.resource_version +
                    ") does not match the ResourceVersion in record (" + revision +
                    "). The object might have been modified");
  }
  return {};
}

// The garbage collector's finalizers follow the propagation that was asked for.
void SetPropagation(Json& object, Propagation propagation) {
  if (propagation == Propagation::kDefault) return;
  Json& metadata = EnsureObject(object, "metadata");
  RemoveString(metadata, "finalizers", kForegroundFinalizer);
  RemoveString(metadata, "finalizers", kOrphanFinalizer);
  if (propagation == Propagation::kForeground) {
    AppendString(metadata, "finalizers", kForegroundFinalizer);
  } else if (propagation == Propagation::kOrphan) {
    AppendString(metadata, "finalizers", kOrphanFinalizer);
  }
}

// How long its process may take to end: as asked for, else as its spec says. Kinds without a
// process have none to wait for.
std::int64_t GraceOf(const Json& object, const DeleteOptions& options) {
  const Json* spec = Member(object, "spec");
  const Json* own = spec == nullptr ? nullptr : Member(*spec, "terminationGracePeriodSeconds");
  if (own == nullptr || !own->is_number_integer()) return 0;
  return std::max<std::int64_t>(options.grace_period_seconds.value_or(own->get<std::int64_t>()), 0);
}

}  // namespace

Result<Planned> PlanDelete(const PlanContext& context, const DeleteOptions& options,
                           const std::vector<std::string>& system_namespaces) {
  const api::Kind& kind = context.kind();
  const ObjectPtr live = context.pending.Find(KeyOf(context.ref));
  if (live == nullptr) return NotFound(kind, context.ref.name);
  OSBX_CHECK(CheckDeletePreconditions(context, *live, options));
  const bool is_system =
      kind.kind == "Namespace" && std::find(system_namespaces.begin(), system_namespaces.end(),
                                            context.ref.name) != system_namespaces.end();
  if (is_system) {
    return Forbidden(kind, context.ref.name, "this namespace may not be deleted");
  }
  Json object = *live->body;
  SetPropagation(object, options.propagation);
  if (!IsDeleting(object)) {
    Json& metadata = EnsureObject(object, "metadata");
    metadata["deletionTimestamp"] = FormatTime(context.now);
    metadata["deletionGracePeriodSeconds"] = GraceOf(*live->body, options);
    if (!kind.group.empty()) {
      const Json* generation = Member(metadata, "generation");
      metadata["generation"] = (generation == nullptr ? 0 : generation->get<std::int64_t>()) + 1;
    }
    AdmitDelete(kind, object);
  }
  if (object == *live->body) {
    return Planned{.key = live->key, .unchanged = live};
  }
  if (!HasFinalizers(object)) {
    // Nothing holds it: its last state is the one before the request.
    context.pending.Remove(live->key, live->body);
    return Planned{.key = live->key, .effect = Effect::kConfigured, .removed = true};
  }
  return Store(context, live, std::move(object));
}

}  // namespace osbx::registry
