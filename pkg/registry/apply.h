// SPDX-License-Identifier: Apache-2.0
// Server-side apply (contract/kubectl.md §6): merges an applied configuration into the live object
// and keeps the field ownership. Pure: the caller prunes, defaults, validates and stores.
#pragma once

#include "registry/managed_fields.h"

namespace osbx::registry {

struct Applied {
  JsonPtr object;  // the live object with the configuration merged in; managedFields as before
  ManagedFields managed;
};

// The body of an apply as a typed value: fields that are not declared and list elements that occur
// twice are refused (500, as Kubernetes does). `ns` is what the body itself says.
Result<> CheckApplied(const api::Kind& kind, std::string_view ns, const Json& body);

// `live` null: the object is new. `force` takes fields from other managers instead of kConflict.
Result<Applied> MergeApplied(const Writing& writing, const Json* live, const Json& body,
                             bool force);

}  // namespace osbx::registry
