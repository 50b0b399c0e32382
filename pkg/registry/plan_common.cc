// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "api/causes.h"
#include "base/rfc3339.h"
#include "registry/admission.h"
#include "registry/errors.h"
#include "registry/json_access.h"
#include "registry/metadata_rules.h"
#include "registry/write_plan.h"

namespace osbx::registry {
namespace {

bool IsNumber(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<> DecodeBody(const PlanContext& context, std::string_view name, Json& object) {
  OSBX_CHECK(CheckDepth(object));
  OSBX_CHECK(DecodeTypeMeta(context.kind(), name, object));
  OSBX_CHECK(DecodeMetadata(context.kind(), object));
  return MatchUrl(context.ref.ns, name, object);
}

Result<> CheckStrictness(const PlanContext& context, bool is_patch, Json& object) {
  // managedFields are the registry's own; they are decoded elsewhere.
  Json& metadata = EnsureObject(object, "metadata");
  const auto found = metadata.find("managedFields");
  Json managed;
  if (found != metadata.end()) {
    managed = std::move(*found);
    metadata.erase(found);
  }
  std::vector<std::string> faults;
  for (const std::string& path : api::Prune(*context.kind().schema, object)) {
    faults.push_back("unknown field " + Quoted(path));
  }
  if (!managed.is_null()) EnsureObject(object, "metadata")["managedFields"] = std::move(managed);
  for (const std::string& path : context.info.duplicate_fields) {
    faults.push_back("duplicate field " + Quoted(path));
  }
  if (faults.empty() || context.info.field_validation == FieldValidation::kIgnore) return {};
  if (context.info.field_validation == FieldValidation::kWarn) {
    context.warnings.insert(context.warnings.end(), faults.begin(), faults.end());
    return {};
  }
  if (is_patch) return StrictPatch(faults);
  const api::Kind& kind = context.kind();
  std::string text = kind.kind + " in version " + Quoted(kind.version) +
                     " cannot be handled as a " + kind.kind + ": strict decoding error: ";
  for (std::size_t i = 0; i < faults.size(); ++i) text += (i == 0 ? "" : ", ") + faults[i];
  return BadRequest(std::move(text));
}

Result<> CheckPreconditions(const PlanContext& context, const store::Object& live,
                            const Json& body) {
  const api::Kind& kind = context.kind();
  const std::string& name = context.ref.name;
  const std::string_view uid = MetadataString(body, "uid");
  if (!uid.empty() && uid != live.uid) {
    return Conflicting(kind, name,
                       "Precondition failed: UID in precondition: " + std::string(uid) +
                           ", UID in object meta: " + live.uid);
  }
  const std::string_view revision = MetadataString(body, "resourceVersion");
  if (revision.empty() || revision == "0") {
    // Only kinds of our own group insist: core kinds may be replaced unconditionally.
    if (kind.group.empty() || context.info.internal) return {};
    return InvalidRequest(kind, name,
                          {api::InvalidValue("metadata.resourceVersion", Json(0),
                                             "must be specified for an update")});
  }
  if (!IsNumber(revision)) {
    return ServerError("resourceVersion: " + Quoted(revision) + " is not a number");
  }
  if (revision != std::to_string(live.revision)) return Stale(kind, name);
  return {};
}

Result<> CheckNamespace(const PlanContext& context, std::string_view name) {
  const std::string& ns = context.ref.ns;
  if (!context.kind().namespaced) return {};
  const ObjectPtr found = context.pending.Find({"namespaces", "", ns});
  if (found == nullptr) return NotFound(*api::FindKindByPlural("namespaces"), ns);
  if (!IsDeleting(*found->body)) return {};
  return Forbidden(
      context.kind(), name,
      "unable to create new content in namespace " + ns + " because it is being terminated",
      {{"NamespaceTerminating", "metadata.namespace", "namespace " + ns + " is being terminated"}});
}

std::vector<InlineKeys> Intake(const PlanContext& context, const Json* live, Json& body,
                               std::vector<Cause>& causes) {
  const api::Kind& kind = context.kind();
  AdmitBody(kind, body);
  NormalizeTimes(*kind.schema, body);
  const std::string name(MetadataString(body, "name"));
  const InlineKeysContext keys_context{
      .live = live, .taken = [&](const std::string& secret) {
        const ObjectPtr found = context.pending.Find({"secrets", context.ref.ns, secret});
        return found != nullptr && !BelongsTo(*found->body, kind.kind, name);
      }};
  std::vector<InlineKeys> keys = TakeInlineKeys(kind, body, keys_context, causes);
  // Secrets keep what kubectl noted: their own values are no leak there.
  if (kind.kind != "Secret") RedactLastApplied(body);
  return keys;
}

Writing WritingOf(const PlanContext& context, Subresource subresource) {
  return {.kind = context.ref.kind,
          .status = subresource == Subresource::kStatus,
          .manager = context.info.manager,
          .now = FormatTime(context.now)};
}

}  // namespace osbx::registry
