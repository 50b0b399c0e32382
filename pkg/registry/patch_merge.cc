// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "registry/errors.h"
#include "registry/patch.h"

namespace osbx::registry {
namespace {

void Merge(Json& target, const Json& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) target = Json::object();
  for (const auto& [name, value] : patch.items()) {
    if (value.is_null()) {
      target.erase(name);
    } else {
      Merge(target[name], value);
    }
  }
}

}  // namespace

Result<> ApplyMergePatch(Json& object, const Json& patch) {
  if (!patch.is_object()) return BadRequest("a merge patch must be an object");
  Merge(object, patch);
  return {};
}

}  // namespace osbx::registry
