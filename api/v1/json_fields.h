// SPDX-License-Identifier: Apache-2.0
// Looking into JSON of which the types are not known yet: what is absent or of another type is
// null. For .cc files only (json.hpp). Pure.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace osbx::api::v1 {

inline const Json* MemberOf(const Json* value, const char* name) {
  if (value == nullptr || !value->is_object()) return nullptr;
  const auto found = value->find(name);
  return found == value->end() ? nullptr : &*found;
}

inline const Json* ObjectIn(const Json* value, const char* name) {
  const Json* member = MemberOf(value, name);
  return member != nullptr && member->is_object() ? member : nullptr;
}

inline const Json* ListIn(const Json* value, const char* name) {
  const Json* member = MemberOf(value, name);
  return member != nullptr && member->is_array() ? member : nullptr;
}

inline const std::string* TextIn(const Json* value, const char* name) {
  const Json* member = MemberOf(value, name);
  return member != nullptr && member->is_string() ? &member->get_ref<const std::string&>()
                                                  : nullptr;
}

}  // namespace osbx::api::v1
