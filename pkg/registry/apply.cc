// SPDX-License-Identifier: Apache-2.0
#include "registry/apply.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "registry/errors.h"
#include "registry/field_walk.h"
#include "registry/json_access.h"

namespace osbx::registry {
namespace {

// Owns everything an object had before the first apply met it without any managedFields.
constexpr std::string_view kBeforeFirstApply = "before-first-apply";

// A field set of the root without the server's own fields, laid over the whole object.
void MergeObject(const Writing& writing, Json& live, const Json& body) {
  for (const auto& [name, value] : body.items()) {
    if (name == "apiVersion" || name == "kind") continue;
    if (name == "metadata") continue;
    if (name == "status" && writing.kind->status_subresource != writing.status) continue;
    if (name != "status" && writing.status) continue;
    const auto present = live.find(name);
    if (present == live.end()) {
      live[name] = value;
    } else {
      MergeFields(MemberSchema(writing.kind->schema.get(), name), *present, value);
    }
  }
  if (writing.status) return;
  const api::Schema* schema = MemberSchema(writing.kind->schema.get(), "metadata");
  Json metadata = Metadata(body);
  for (const char* own : {"uid", "resourceVersion", "generation", "creationTimestamp",
                          "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields"}) {
    metadata.erase(own);
  }
  MergeFields(schema, EnsureObject(live, "metadata"), metadata);
}

bool IsApplier(const Writing& writing, const ManagedEntry& entry) {
  return entry.apply && entry.manager == writing.manager &&
         entry.subresource == (writing.status ? "status" : "") &&
         entry.api_version == writing.kind->ApiVersion();
}

struct OwnedConflict {
  std::string who;  // `"m1"` or `"upd" using osbx.dev/v1`
  std::string path;
};

Error ConflictError(const std::vector<OwnedConflict>& conflicts) {
  std::string message = "Apply failed with " + std::to_string(conflicts.size()) +
                        (conflicts.size() == 1 ? " conflict: conflict with " : " conflicts: ");
  std::vector<Cause> causes;
  std::string last;
  for (const OwnedConflict& conflict : conflicts) {
    causes.push_back({"FieldManagerConflict", conflict.path, "conflict with " + conflict.who});
    if (conflicts.size() == 1) {
      message += conflict.who + ": " + conflict.path;
      break;
    }
    if (conflict.who != last) {
      message += (last.empty() ? "conflicts with " : "\nconflicts with ") + conflict.who + ":";
      last = conflict.who;
    }
    message += "\n- " + conflict.path;
  }
  return Error(Code::kConflict, std::move(message)).WithCauses(std::move(causes)).WithDetails({});
}

std::string NameOf(const ManagedEntry& entry) {
  std::string name = Quoted(entry.manager);
  if (!entry.subresource.empty()) name += " with subresource " + Quoted(entry.subresource);
  if (!entry.apply) name += " using " + entry.api_version;
  return name;
}

// Paths of `wanted` whose values change, that others own: refused, or taken with `force`.
Result<> SettleConflicts(const Writing& writing, const FieldSet& changed, bool force,
                         ManagedFields& managed) {
  std::vector<OwnedConflict> conflicts;
  for (ManagedEntry& entry : managed) {
    if (IsApplier(writing, entry)) continue;
    const FieldSet common = entry.fields.Common(changed);
    if (common.Empty()) continue;
    if (force) {
      entry.fields = entry.fields.Without(common);
      continue;
    }
    for (const std::string& path : common.Paths()) conflicts.push_back({NameOf(entry), path});
  }
  if (conflicts.empty()) return {};
  std::stable_sort(conflicts.begin(), conflicts.end(),
                   [](const auto& a, const auto& b) { return a.who < b.who; });
  return ConflictError(conflicts);
}

}  // namespace

Result<> CheckApplied(const api::Kind& kind, std::string_view ns, const Json& body) {
  std::vector<std::string> faults;
  Json copy = body;
  for (const std::string& path : api::Prune(*kind.schema, copy)) {
    faults.push_back("." + path + ": field not declared in schema");
  }
  FindDuplicates(kind.schema.get(), copy, "", faults);
  if (faults.empty()) return {};
  const std::string group_version =
      kind.group.empty() ? "/" + kind.version : kind.group + "/" + kind.version;
  std::string text = "failed to create typed patch object (" + std::string(ns) + "/" +
                     std::string(MetadataString(body, "name")) + "; " + group_version +
                     ", Kind=" + kind.kind + "): ";
  if (faults.size() == 1) return ServerError(text + faults.front());
  text += "errors:";
  for (const std::string& fault : faults) text += "\n  " + fault;
  return ServerError(text);
}

Result<Applied> MergeApplied(const Writing& writing, const Json* live, const Json& body,
                             bool force) {
  const FieldSet wanted = FieldsOf(writing, body);
  ManagedFields managed;
  if (live != nullptr) {
    if (auto decoded = DecodeManaged(Member(Metadata(*live), "managedFields"))) {
      managed = *std::move(decoded);
    }
    if (managed.empty()) {
      FieldSet all;
      FieldSet none;
      CompareObjects(writing, nullptr, *live, all, none);
      managed.push_back({.manager = std::string(kBeforeFirstApply),
                         .api_version = writing.kind->ApiVersion(),
                         .time = writing.now,
                         .fields = std::move(all)});
    }
  }

  Json merged = live == nullptr ? body : *live;
  if (live != nullptr) {
    MergeObject(writing, merged, body);
    FieldSet changed;
    FieldSet removed;
    CompareObjects(writing, live, merged, changed, removed);
    OSBX_CHECK(SettleConflicts(writing, changed, force, managed));
  }

  const auto mine = std::find_if(managed.begin(), managed.end(),
                                 [&](const auto& entry) { return IsApplier(writing, entry); });
  FieldSet keep = wanted;
  for (const ManagedEntry& entry : managed) {
    if (!IsApplier(writing, entry)) keep.Add(entry.fields);
  }
  if (mine == managed.end()) {
    managed.push_back({.manager = writing.manager,
                       .apply = true,
                       .api_version = writing.kind->ApiVersion(),
                       .time = writing.now,
                       .subresource = writing.status ? "status" : "",
                       .fields = wanted});
  } else {
    RemoveFields(writing.kind->schema.get(), merged, mine->fields.Without(wanted), &keep);
    mine->fields = wanted;
    mine->time = writing.now;
  }
  std::erase_if(managed, [](const auto& entry) { return entry.fields.Empty() && !entry.apply; });
  return Applied{std::make_shared<const Json>(std::move(merged)), std::move(managed)};
}

}  // namespace osbx::registry
