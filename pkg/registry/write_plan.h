// SPDX-License-Identifier: Apache-2.0
// One attempt of a write: reads through Pending, decides everything, and leaves the writes there.
// The caller commits and plans anew when somebody else was faster, so an error always speaks of the
// present state. Order of checks as contract/kubectl.md §4.3. Pure but for the reads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "registry/credentials.h"
#include "registry/managed_fields.h"
#include "registry/pending.h"
#include "registry/registry.h"

namespace osbx::registry {

struct PlanContext {
  const Ref& ref;
  const RequestInfo& info;
  Pending& pending;
  Time now;
  std::vector<std::string>& warnings;
  ObjectCheck check = nullptr;

  const api::Kind& kind() const { return *ref.kind; }
};

// What the attempt would do to the object it is about.
struct Planned {
  store::Key key = {};
  ObjectPtr unchanged = nullptr;  // set: the object is not written
  Effect effect = Effect::kUnchanged;
  bool removed = false;
};

Result<Planned> PlanCreate(const PlanContext& context, const Json& body);
Result<Planned> PlanUpdate(const PlanContext& context, Subresource subresource, const Json& body);
Result<Planned> PlanPatch(const PlanContext& context, PatchType type, Subresource subresource,
                          const Json& patch);
Result<Planned> PlanApply(const PlanContext& context, Subresource subresource, const Json& body);
Result<Planned> PlanFinalizeNamespace(const PlanContext& context, const Json& body);
Result<Planned> PlanDelete(const PlanContext& context, const DeleteOptions& options,
                           const std::vector<std::string>& system_namespaces);
// `change` edits a copy of the present object.
Result<Planned> PlanModify(const PlanContext& context,
                           const std::function<Result<>(Json&)>& change);
// `expected` 0: whatever the present revision is.
Result<Planned> PlanSetStatus(const PlanContext& context, store::Revision expected,
                              const Json& status);

// ---- Steps that the plans share (plan_common.cc, plan_finish.cc) ----

// Depth, apiVersion, kind, metadata, and the match with the URL. `name` "": a create.
Result<> DecodeBody(const PlanContext& context, std::string_view name, Json& object);
// Removes unknown fields; refuses them under Strict, warns otherwise.
Result<> CheckStrictness(const PlanContext& context, bool is_patch, Json& object);
// resourceVersion and uid of a body against the stored object.
Result<> CheckPreconditions(const PlanContext& context, const store::Object& live,
                            const Json& body);
// The namespace of a new object exists and is not on its way out.
Result<> CheckNamespace(const PlanContext& context, std::string_view name);
// Rewrites what a body carries in several forms, and takes inline keys out of it.
std::vector<InlineKeys> Intake(const PlanContext& context, const Json* live, Json& body,
                               std::vector<Cause>& causes);
Writing WritingOf(const PlanContext& context, Subresource subresource);

// A complete body on its way into the store.
struct Incoming {
  Json object;
  ManagedFields managed = {};
  Subresource subresource = Subresource::kNone;
  bool applied = false;  // `managed` is final
  std::vector<InlineKeys> keys = {};
  std::vector<Cause> causes = {};
};
Result<Planned> FinishCreate(const PlanContext& context, Incoming incoming);
Result<Planned> FinishUpdate(const PlanContext& context, const ObjectPtr& live, Incoming incoming);

// Puts the object, or removes it when it is being deleted and nothing holds it any more.
Planned Store(const PlanContext& context, const ObjectPtr& live, Json object);

}  // namespace osbx::registry
