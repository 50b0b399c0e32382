// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "registry/errors.h"
#include "registry/json_access.h"
#include "registry/typed.h"

namespace osbx::registry {

RequestInfo Writer::Internal() {
  RequestInfo info;
  info.internal = true;
  return info;
}

Result<Written> Writer::CreateObject(Ref ref, const Json& body) {
  ref.name.clear();
  OSBX_TRY(ObjectPtr object, registry_.Create(ref, body, Internal()));
  return Written{std::move(object), Effect::kCreated};
}

Result<> Writer::RemoveFinalizer(const Ref& ref, const std::string& uid,
                                 std::string_view finalizer) {
  const auto dropped = registry_.Modify(ref, [&](Json& object) -> Result<> {
    if (!uid.empty() && MetadataString(object, "uid") != uid) return NotFound(*ref.kind, ref.name);
    RemoveString(object["metadata"], "finalizers", finalizer);
    return {};
  });
  if (!dropped && dropped.error().code() != Code::kNotFound) return dropped.error();
  return {};
}

}  // namespace osbx::registry
