// SPDX-License-Identifier: Apache-2.0
#include "diff_text.h"

#include <nlohmann/json.hpp>

#include "api/yaml.h"
#include "text_diff.h"

namespace osbx::ctl {
namespace {

void LeaveOut(Json& object, bool managed_fields) {
  if (!object.is_object() || !object.contains("metadata")) return;
  object.erase("status");  // apply does not touch it, and it may change between two looks
  Json& metadata = object["metadata"];
  metadata.erase("resourceVersion");
  if (!managed_fields) metadata.erase("managedFields");
}

// A dry run invents what only a create decides.
void LeaveOutInvented(Json& object) {
  for (const char* invented : {"uid", "creationTimestamp"}) object["metadata"].erase(invented);
}

void Mask(Json& live, Json& merged) {
  for (const char* member : {"data", "stringData"}) {
    const Json before = live.is_object() ? live.value(member, Json::object()) : Json::object();
    const Json after = merged.value(member, Json::object());
    const auto mask = [member](Json& object, const Json& own, const Json& other, const char* when) {
      for (const auto& [name, value] : own.items()) {
        const bool differs = other.contains(name) && other[name] != value;
        object[member][name] = differs ? std::string("*** (") + when + ")" : std::string("***");
      }
    };
    if (live.is_object()) mask(live, before, after, "before");
    mask(merged, after, before, "after");
  }
}

}  // namespace

std::string DiffObjects(Json live, Json merged, const std::string& name, bool managed_fields) {
  LeaveOut(live, managed_fields);
  LeaveOut(merged, managed_fields);
  if (live.is_null()) LeaveOutInvented(merged);
  if (merged.value("kind", "") == "Secret") Mask(live, merged);
  const std::string before = live.is_null() ? "" : api::ToYaml(live);
  return UnifiedDiff(before, api::ToYaml(merged),
                     {.before = "live/" + name, .after = "merged/" + name});
}

}  // namespace osbx::ctl
