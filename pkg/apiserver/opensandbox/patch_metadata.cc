// SPDX-License-Identifier: Apache-2.0
// PATCH /sandboxes/{id}/metadata (contract/lifecycle.md §9): a merge patch in one transaction
// (W33).
#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/body.h"
#include "apiserver/opensandbox/dialect.h"
#include "apiserver/opensandbox/metadata_rules.h"
#include "apiserver/opensandbox/sandbox_view.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

Outcome<http::Response> Dialect::PatchMetadata(const Request& request) {
  OSBX_TRY(const JsonPtr body, ReadBody(request));
  std::map<std::string, std::string> added;
  for (const auto& [key, value] : body->items()) {
    if (key.starts_with("opensandbox.io/") || key.starts_with("osbx.dev/")) {
      return Failure(400, "INVALID_METADATA_LABEL", "Metadata key " + key + " is reserved.");
    }
    if (value.is_null()) continue;
    if (!value.is_string()) {
      return FieldBroken({"string_type", {"body", key}, "Input should be a valid string"});
    }
    added[key] = value.get<std::string>();
  }
  OSBX_CHECK(CheckMetadata(added));
  OSBX_TRY(const store::ObjectPtr object, Find(request));
  const auto patched = registry_.Modify(RefOf(*object), [&](Json& present) -> Result<> {
    if (registry::MetadataString(present, "uid") != object->uid || Deleting(present)) {
      return Error(Code::kNotFound, "gone");
    }
    Json& labels = registry::EnsureObject(present["metadata"], "labels");
    Json* more = registry::MutableMember(present["spec"], "metadata");
    for (const auto& [key, value] : body->items()) {
      if (more != nullptr && more->is_object()) more->erase(key);
      if (value.is_null()) {
        labels.erase(key);
      } else {
        labels[key] = value;
      }
    }
    return {};
  });
  if (!patched) {
    if (patched.error().code() == Code::kNotFound) return SandboxNotFound(object->uid);
    return FromRegistry(patched.error(), "SANDBOX::INTERNAL_ERROR");
  }
  return http::Response::Json(200, registry::Dump(SandboxView(*patched->object->body)));
}

}  // namespace osbx::apiserver::opensandbox
