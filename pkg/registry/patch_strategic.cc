// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "registry/errors.h"
#include "registry/json_access.h"
#include "registry/patch.h"

namespace osbx::registry {
namespace {

constexpr std::string_view kPatchDirective = "$patch";
constexpr std::string_view kRetainKeys = "$retainKeys";
constexpr std::string_view kDeletePrefix = "$deleteFromPrimitiveList/";

// Lists of core kinds that are merged by a key (contract/kubectl.md §4.3).
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kMergeKeys = {{
    {"ownerReferences", "uid"},
    {"conditions", "type"},
    {"addresses", "type"},
    {"containers", "name"},
    {"env", "name"},
    {"volumes", "name"},
    {"ports", "containerPort"},
    {"volumeMounts", "mountPath"},
    {"taints", "key"},
}};

std::string_view MergeKeyOf(std::string_view list) {
  const auto* found = std::find_if(kMergeKeys.begin(), kMergeKeys.end(),
                                   [&](const auto& row) { return row.first == list; });
  return found == kMergeKeys.end() ? std::string_view() : found->second;
}

Result<> MergeObject(Json& target, const Json& patch, bool in_metadata);

Error Malformed(std::string_view what) {
  return BadRequest("strategic merge patch: " + std::string(what));
}

// An object of a patch as it is stored when nothing was there before: without directives.
Result<Json> Fresh(const Json& patch, bool in_metadata) {
  if (!patch.is_object()) return patch;
  Json made = Json::object();
  OSBX_CHECK(MergeObject(made, patch, in_metadata));
  return made;
}

Result<> MergeItem(Json& list, const Json& item, std::string_view key) {
  if (!item.is_object()) return Malformed("an item of a merged list must be an object");
  const std::string_view directive = StringMember(item, kPatchDirective);
  const Json* value = Member(item, key);
  if (value == nullptr)
    return Malformed("map: an item does not contain its merge key " + std::string(key));
  const auto found = std::find_if(list.begin(), list.end(), [&](const Json& other) {
    const Json* have = Member(other, key);
    return have != nullptr && *have == *value;
  });
  if (directive == "delete") {
    if (found != list.end()) list.erase(found);
    return {};
  }
  if (found == list.end() || directive == "replace") {
    OSBX_TRY(Json fresh, Fresh(item, false));
    if (found == list.end()) {
      list.push_back(std::move(fresh));
    } else {
      *found = std::move(fresh);
    }
    return {};
  }
  return MergeObject(*found, item, false);
}

Result<> MergeKeyedList(Json& target, const Json& patch, std::string_view key) {
  const bool replaces = std::any_of(patch.begin(), patch.end(), [](const Json& item) {
    return StringMember(item, kPatchDirective) == "replace" && item.size() == 1;
  });
  if (!target.is_array() || replaces) target = Json::array();
  for (const Json& item : patch) {
    if (replaces && item.is_object() && item.size() == 1 && item.contains(kPatchDirective))
      continue;
    OSBX_CHECK(MergeItem(target, item, key));
  }
  return {};
}

void MergeSet(Json& target, const Json& patch) {
  if (!target.is_array()) target = Json::array();
  for (const Json& item : patch) {
    if (std::find(target.begin(), target.end(), item) == target.end()) target.push_back(item);
  }
}

void DeleteFromList(Json& target, std::string_view list, const Json& values) {
  Json* items = MutableMember(target, list);
  if (items == nullptr || !items->is_array() || !values.is_array()) return;
  Json rest = Json::array();
  for (const Json& item : *items) {
    if (std::find(values.begin(), values.end(), item) == values.end()) rest.push_back(item);
  }
  *items = std::move(rest);
}

void RetainKeys(Json& target, const Json& keys) {
  for (auto it = target.begin(); it != target.end();) {
    it = HasString(keys, it.key()) ? std::next(it) : target.erase(it);
  }
}

Result<> MergeMember(Json& target, const std::string& name, const Json& value, bool in_metadata) {
  if (value.is_null()) {
    target.erase(name);
    return {};
  }
  if (value.is_array()) {
    const std::string_view key = MergeKeyOf(name);
    if (!key.empty()) return MergeKeyedList(target[name], value, key);
    if (in_metadata && name == "finalizers") {
      MergeSet(target[name], value);
      return {};
    }
  }
  if (value.is_object()) {
    Json& member = target[name];
    if (!member.is_object()) member = Json::object();
    return MergeObject(member, value, name == "metadata");
  }
  target[name] = value;
  return {};
}

Result<> MergeObject(Json& target, const Json& patch, bool in_metadata) {
  const std::string_view directive = StringMember(patch, kPatchDirective);
  if (patch.contains(kPatchDirective) && directive != "replace" && directive != "delete" &&
      directive != "merge") {
    return Malformed("Unknown patch type found: " + std::string(directive));
  }
  if (directive == "replace" || directive == "delete") target = Json::object();
  if (directive == "delete") return {};
  if (const Json* keys = Member(patch, kRetainKeys)) RetainKeys(target, *keys);
  for (const auto& [name, value] : patch.items()) {
    if (name.starts_with(kDeletePrefix)) {
      DeleteFromList(target, std::string_view(name).substr(kDeletePrefix.size()), value);
    } else if (!name.starts_with("$")) {
      OSBX_CHECK(MergeMember(target, name, value, in_metadata));
    }
  }
  return {};
}

}  // namespace

Result<> ApplyStrategicPatch(Json& object, const Json& patch) {
  if (!patch.is_object()) return BadRequest("a strategic merge patch must be an object");
  Json result = object;
  OSBX_CHECK(MergeObject(result, patch, false));
  object = std::move(result);
  return {};
}

}  // namespace osbx::registry
