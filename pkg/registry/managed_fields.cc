// SPDX-License-Identifier: Apache-2.0
#include "registry/managed_fields.h"

#include <algorithm>
#include <array>
#include <tuple>

#include <nlohmann/json.hpp>

#include "base/rfc3339.h"
#include "registry/field_walk.h"
#include "registry/json_access.h"

namespace osbx::registry {
namespace {

// More plain writers than this are folded into one, as Kubernetes does, so that an object written
// by ever new programs does not grow without bound.
constexpr std::ptrdiff_t kMaxUpdateEntries = 10;
constexpr std::string_view kAncientManager = "ancient-changes";

constexpr std::array<std::string_view, 10> kServerOwned = {"name",
                                                           "namespace",
                                                           "uid",
                                                           "resourceVersion",
                                                           "generation",
                                                           "creationTimestamp",
                                                           "deletionTimestamp",
                                                           "deletionGracePeriodSeconds",
                                                           "managedFields",
                                                           "selfLink"};

bool IsServerOwned(std::string_view name) {
  return std::find(kServerOwned.begin(), kServerOwned.end(), name) != kServerOwned.end();
}

// Whether entries of this endpoint speak about a top-level member other than metadata.
bool Counts(const Writing& writing, std::string_view name) {
  if (name == "apiVersion" || name == "kind" || name == "metadata") return false;
  if (writing.status) return name == "status";
  return name != "status" || !writing.kind->status_subresource;
}

const api::Schema* SchemaOf(const Writing& writing, std::string_view name) {
  return MemberSchema(writing.kind->schema.get(), name);
}

// Calls visit(element path schema, member name, is metadata) for each member of either object.
template <class Visit>
void ForEachMember(const Writing& writing, const Json* a, const Json& b, const Visit& visit) {
  const auto names = [](const Json* x, const Json* y) {
    std::vector<std::string> all;
    for (const Json* object : {x, y}) {
      if (object == nullptr || !object->is_object()) continue;
      for (const auto& [name, value] : object->items()) all.push_back(name);
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  };
  for (const std::string& name : names(a, &b)) {
    if (Counts(writing, name)) visit(SchemaOf(writing, name), name, false);
  }
  if (writing.status) return;
  const Json* old_metadata = a == nullptr ? nullptr : &Metadata(*a);
  for (const std::string& name : names(old_metadata, &Metadata(b))) {
    if (!IsServerOwned(name)) {
      visit(MemberSchema(SchemaOf(writing, "metadata"), name), name, true);
    }
  }
}

FieldSet& Slot(FieldSet& root, const std::string& name, bool in_metadata) {
  FieldSet& parent = in_metadata ? root.children["f:metadata"] : root;
  return parent.children[FieldElement(name)];
}

void Place(FieldSet& root, const std::string& name, bool in_metadata, const FieldSet& below) {
  if (!below.Empty()) Slot(root, name, in_metadata).Add(below);
}

// Folds the oldest plain entries into one when there are too many.
void CapUpdates(ManagedFields& managed) {
  const auto is_update = [](const ManagedEntry& entry) {
    return !entry.apply && entry.subresource.empty();
  };
  while (std::count_if(managed.begin(), managed.end(), is_update) > kMaxUpdateEntries) {
    std::vector<ManagedEntry*> updates;
    for (ManagedEntry& entry : managed) {
      if (is_update(entry)) updates.push_back(&entry);
    }
    std::stable_sort(updates.begin(), updates.end(), [](const auto* a, const auto* b) {
      return std::tuple(a->manager != kAncientManager, std::string_view(a->time)) <
             std::tuple(b->manager != kAncientManager, std::string_view(b->time));
    });
    updates[1]->fields.Add(updates[0]->fields);
    updates[1]->manager = kAncientManager;
    managed.erase(managed.begin() + (updates[0] - managed.data()));
  }
}

Result<ManagedEntry> DecodeEntry(const Json& json) {
  const auto malformed = [] { return Error(Code::kInvalid, "managedFields is malformed"); };
  ManagedEntry entry;
  entry.manager = StringMember(json, "manager");
  const std::string_view operation = StringMember(json, "operation");
  if (operation != "Apply" && operation != "Update") return malformed();
  entry.apply = operation == "Apply";
  entry.api_version = StringMember(json, "apiVersion");
  entry.subresource = StringMember(json, "subresource");
  entry.time = StringMember(json, "time");
  if (const Result<Time> time = ParseTime(entry.time)) entry.time = FormatTime(*time);
  if (StringMember(json, "fieldsType") != "FieldsV1" || entry.api_version.empty()) {
    return malformed();
  }
  if (const Json* fields = Member(json, "fieldsV1")) {
    OSBX_TRY(entry.fields, FieldSet::FromJson(*fields));
  }
  return entry;
}

}  // namespace

Result<ManagedFields> DecodeManaged(const Json* managed_fields) {
  ManagedFields managed;
  if (managed_fields == nullptr || managed_fields->is_null()) return managed;
  if (!managed_fields->is_array()) return Error(Code::kInvalid, "managedFields is malformed");
  for (const Json& json : *managed_fields) {
    OSBX_TRY(ManagedEntry entry, DecodeEntry(json));
    managed.push_back(std::move(entry));
  }
  return managed;
}

Json EncodeManaged(ManagedFields managed) {
  std::stable_sort(managed.begin(), managed.end(), [](const auto& a, const auto& b) {
    return std::tuple(!a.apply, std::string_view(a.time), std::string_view(a.manager),
                      std::string_view(a.subresource)) <
           std::tuple(!b.apply, std::string_view(b.time), std::string_view(b.manager),
                      std::string_view(b.subresource));
  });
  Json list = Json::array();
  for (const ManagedEntry& entry : managed) {
    // An applier that owns nothing is still known; a plain writer that owns nothing is not.
    if (entry.fields.Empty() && !entry.apply) continue;
    Json json{{"manager", entry.manager},
              {"operation", entry.apply ? "Apply" : "Update"},
              {"apiVersion", entry.api_version},
              {"fieldsType", "FieldsV1"},
              {"fieldsV1", entry.fields.ToJson()}};
    if (!entry.time.empty()) json["time"] = entry.time;
    if (!entry.subresource.empty()) json["subresource"] = entry.subresource;
    list.push_back(std::move(json));
  }
  return list;
}

bool SameButTimes(const ManagedFields& a, const ManagedFields& b) {
  const auto normal = [](ManagedFields managed) {
    std::erase_if(managed, [](const auto& entry) { return entry.fields.Empty() && !entry.apply; });
    for (ManagedEntry& entry : managed) entry.time.clear();
    std::sort(managed.begin(), managed.end(), [](const auto& x, const auto& y) {
      return std::tie(x.apply, x.manager, x.subresource, x.api_version) <
             std::tie(y.apply, y.manager, y.subresource, y.api_version);
    });
    return managed;
  };
  return normal(a) == normal(b);
}

FieldSet FieldsOf(const Writing& writing, const Json& object) {
  FieldSet fields;
  ForEachMember(writing, nullptr, object, [&](const auto* schema, const auto& name, bool meta) {
    FieldSet below;
    CollectFields(schema, (meta ? Metadata(object) : object).at(name), below);
    Place(fields, name, meta, below);
  });
  return fields;
}

void CompareObjects(const Writing& writing, const Json* before, const Json& after,
                    FieldSet& changed, FieldSet& removed) {
  ForEachMember(writing, before, after, [&](const auto* schema, const auto& name, bool meta) {
    const Json* old_value = before == nullptr ? nullptr
                            : meta            ? Member(Metadata(*before), name)
                                              : Member(*before, name);
    const Json* new_value = Member(meta ? Metadata(after) : after, name);
    FieldDiff diff;
    CompareFields(schema, old_value, new_value, diff);
    Place(changed, name, meta, diff.changed);
    Place(removed, name, meta, diff.removed);
  });
}

ManagedFields TrackUpdate(const Writing& writing, const Json* before, const Json& after,
                          ManagedFields managed) {
  FieldSet changed;
  FieldSet removed;
  CompareObjects(writing, before, after, changed, removed);
  const std::string subresource = writing.status ? "status" : "";
  const std::string api_version = writing.kind->ApiVersion();
  const auto is_mine = [&](const ManagedEntry& entry) {
    return !entry.apply && entry.manager == writing.manager && entry.subresource == subresource &&
           entry.api_version == api_version;
  };
  for (ManagedEntry& entry : managed) {
    entry.fields = entry.fields.WithoutTrees(removed);
    if (!is_mine(entry)) entry.fields = entry.fields.Without(changed);
  }
  if (!changed.Empty()) {
    auto mine = std::find_if(managed.begin(), managed.end(), is_mine);
    if (mine == managed.end()) {
      managed.push_back(
          {.manager = writing.manager, .api_version = api_version, .subresource = subresource});
      mine = managed.end() - 1;
    }
    mine->fields.Add(changed);
    mine->time = writing.now;
  }
  std::erase_if(managed, [](const auto& entry) { return entry.fields.Empty(); });
  CapUpdates(managed);
  return managed;
}

ManagedFields ManagedOfWrite(const Json* live, const Json& body) {
  const Json* own = Member(Metadata(body), "managedFields");
  if (own != nullptr && own->is_array()) {
    const bool clears =
        own->empty() || (own->size() == 1 && own->front().is_object() && own->front().empty());
    if (clears) return {};
    if (Result<ManagedFields> managed = DecodeManaged(own)) return *std::move(managed);
  }
  if (live == nullptr) return {};
  Result<ManagedFields> managed = DecodeManaged(Member(Metadata(*live), "managedFields"));
  return managed ? *std::move(managed) : ManagedFields{};
}

}  // namespace osbx::registry
