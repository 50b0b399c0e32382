// SPDX-License-Identifier: Apache-2.0
// Namespaces (contract/kubectl.md §4.4): a label with the name, a phase, and a finalizer in spec
// that only the finalize endpoint takes away.
#include <nlohmann/json.hpp>

#include "registry/admission_kinds.h"
#include "registry/finalizers.h"
#include "registry/json_access.h"

namespace osbx::registry {
namespace {

void LabelWithName(Json& object) {
  Json& metadata = EnsureObject(object, "metadata");
  const std::string name(StringMember(metadata, "name"));
  EnsureObject(metadata, "labels")["kubernetes.io/metadata.name"] = name;
}

}  // namespace

void CreateNamespace(Json& object, Time /*now*/, std::vector<Cause>& /*causes*/) {
  LabelWithName(object);
  EnsureObject(object, "spec")["finalizers"] = Json::array({std::string(kNamespaceFinalizer)});
  object["status"] = Json{{"phase", "Active"}};
}

void UpdateNamespace(const Json& live, Json& object, bool /*internal*/) {
  LabelWithName(object);
  const Json* finalizers = MemberPath(live, {"spec", "finalizers"});
  if (finalizers != nullptr) {
    EnsureObject(object, "spec")["finalizers"] = *finalizers;
  } else if (Json* spec = MutableMember(object, "spec"); spec != nullptr && spec->is_object()) {
    spec->erase("finalizers");
  }
}

void RemoveNamespace(Json& object) {
  EnsureObject(object, "status")["phase"] = "Terminating";
}

}  // namespace osbx::registry
