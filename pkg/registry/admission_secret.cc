// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "registry/admission_kinds.h"
#include "registry/json_access.h"

namespace osbx::registry {

void TakeStringData(Json& body) {
  if (!body.is_object()) return;
  const auto plain = body.find("stringData");
  if (plain == body.end()) return;
  const bool strings =
      plain->is_object() &&
      std::all_of(plain->begin(), plain->end(), [](const Json& v) { return v.is_string(); });
  if (!plain->is_null() && !strings) return;  // validation refuses it
  Json values = std::move(*plain);
  body.erase(plain);
  if (!values.is_object() || values.empty()) return;
  Json& data = EnsureObject(body, "data");
  for (const auto& [name, value] : values.items()) {
    data[name] = EncodeBase64(value.get_ref<const std::string&>());
  }
}

}  // namespace osbx::registry
