// SPDX-License-Identifier: Apache-2.0
// How controllers write: with the generated structs of api/v1, without field ownership, and only
// what differs. T has kPlural, metadata and ToJson() (and status where there is one). The .cc that
// uses it includes <nlohmann/json.hpp>. Conflicts come back as kConflict: the controller looks
// again. Thread-safe: no state beside the registry.
#pragma once

#include <string>
#include <string_view>

#include "api/v1/object_meta.h"
#include "registry/registry.h"

namespace osbx::registry {

class Writer {
 public:
  explicit Writer(Registry& registry) : registry_(registry) {}

  template <class T>
  Result<Written> Create(const T& object) {
    return CreateObject(RefOf(object), object.ToJson());
  }

  // Writes `.status` of the object as it was read; kConflict when it has changed since.
  template <class T>
  Result<Written> UpdateStatus(const T& object) {
    return UpdateStatus(object, object.status);
  }
  template <class T, class Status>
  Result<Written> UpdateStatus(const T& object, const Status& status) {
    return registry_.SetStatus(RefOf(object), object.metadata.resource_version, status.ToJson());
  }

  // Lets go of the object (which is gone then, if nothing else holds it). Nothing to do when it has
  // gone, has been made anew or has no such finalizer.
  template <class T>
  Result<> DropFinalizer(const T& object, std::string_view finalizer) {
    return RemoveFinalizer(RefOf(object), object.metadata.uid, finalizer);
  }

  // Deletes this very object: kConflict when another of the name has taken its place.
  template <class T>
  Result<DeleteOutcome> Delete(const T& object, DeleteOptions options = {}) {
    options.uid = object.metadata.uid;
    return registry_.Delete(RefOf(object), options, Internal());
  }

  // Labels and annotations of a derived object, spec of one that the controller owns: edits the
  // present object as JSON, again on each conflict.
  template <class T>
  Result<Written> Modify(const T& object, const std::function<Result<>(Json&)>& change) {
    return registry_.Modify(RefOf(object), change);
  }

 private:
  static RequestInfo Internal();

  template <class T>
  static Ref RefOf(const T& object) {
    return {api::FindKindByPlural(T::kPlural), object.metadata.namespace_, object.metadata.name};
  }

  Result<Written> CreateObject(Ref ref, const Json& body);
  Result<> RemoveFinalizer(const Ref& ref, const std::string& uid, std::string_view finalizer);

  Registry& registry_;
};

}  // namespace osbx::registry
