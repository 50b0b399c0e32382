// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "registry/errors.h"
#include "registry/json_access.h"
#include "registry/metadata_rules.h"
#include "registry/write_plan.h"

namespace osbx::registry {
namespace {

bool MayCreateByPut(const api::Kind& kind) {
  return kind.kind == "Event" || kind.kind == "Lease";
}

}  // namespace

Result<Planned> PlanUpdate(const PlanContext& context, Subresource subresource, const Json& body) {
  const api::Kind& kind = context.kind();
  Incoming incoming{.object = body, .subresource = subresource};
  Json& object = incoming.object;
  OSBX_CHECK(DecodeBody(context, context.ref.name, object));
  const ObjectPtr live = context.pending.Find(KeyOf(context.ref));
  if (live == nullptr) {
    if (!MayCreateByPut(kind) || subresource != Subresource::kNone) {
      return NotFound(kind, context.ref.name);
    }
    EnsureObject(object, "metadata").erase("resourceVersion");
    return PlanCreate(context, object);
  }
  OSBX_CHECK(CheckStrictness(context, false, object));
  OSBX_CHECK(CheckPreconditions(context, *live, object));
  incoming.managed = ManagedOfWrite(live->body.get(), object);
  api::Default(*kind.schema, object);
  if (subresource == Subresource::kNone) {
    incoming.keys = Intake(context, live->body.get(), object, incoming.causes);
  }
  return FinishUpdate(context, live, std::move(incoming));
}

Result<Planned> PlanFinalizeNamespace(const PlanContext& context, const Json& body) {
  Json decoded = body;
  OSBX_CHECK(DecodeBody(context, context.ref.name, decoded));
  const ObjectPtr live = context.pending.Find(KeyOf(context.ref));
  if (live == nullptr) return NotFound(context.kind(), context.ref.name);
  OSBX_CHECK(CheckPreconditions(context, *live, decoded));
  Json object = *live->body;
  const Json* finalizers = MemberPath(decoded, {"spec", "finalizers"});
  Json& spec = EnsureObject(object, "spec");
  if (finalizers == nullptr || !finalizers->is_array() || finalizers->empty()) {
    spec.erase("finalizers");
  } else {
    spec["finalizers"] = *finalizers;
  }
  if (object == *live->body) return Planned{.key = live->key, .unchanged = live};
  std::vector<Cause> causes = api::Validate(*context.kind().schema, object);
  if (!causes.empty()) return Invalid(context.kind(), context.ref.name, std::move(causes));
  return Store(context, live, std::move(object));
}

Result<Planned> PlanModify(const PlanContext& context,
                           const std::function<Result<>(Json&)>& change) {
  const ObjectPtr live = context.pending.Find(KeyOf(context.ref));
  if (live == nullptr) return NotFound(context.kind(), context.ref.name);
  Incoming incoming{.object = *live->body};
  OSBX_CHECK(change(incoming.object));
  OSBX_CHECK(DecodeBody(context, context.ref.name, incoming.object));
  incoming.keys = Intake(context, live->body.get(), incoming.object, incoming.causes);
  return FinishUpdate(context, live, std::move(incoming));
}

Result<Planned> PlanSetStatus(const PlanContext& context, store::Revision expected,
                              const Json& status) {
  const ObjectPtr live = context.pending.Find(KeyOf(context.ref));
  if (live == nullptr) return NotFound(context.kind(), context.ref.name);
  if (expected != 0 && expected != live->revision) {
    return Stale(context.kind(), context.ref.name);
  }
  // The usual case, kept free of copies: a controller says what is known already.
  const Json* present = Member(*live->body, "status");
  if ((present == nullptr && status.empty()) || (present != nullptr && *present == status)) {
    return Planned{.key = live->key, .unchanged = live};
  }
  Incoming incoming{.object = Json::object(), .subresource = Subresource::kStatus};
  if (!status.empty()) incoming.object["status"] = status;
  return FinishUpdate(context, live, std::move(incoming));
}

}  // namespace osbx::registry
