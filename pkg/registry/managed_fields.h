// SPDX-License-Identifier: Apache-2.0
// metadata.managedFields: which manager owns which fields (contract/kubectl.md §6). Pure values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/schema.h"
#include "base/json.h"
#include "base/result.h"
#include "registry/fieldset.h"

namespace osbx::registry {

struct ManagedEntry {
  std::string manager;
  bool apply = false;  // operation Apply, otherwise Update
  std::string api_version = {};
  std::string time = {};
  std::string subresource = {};  // "" or "status"
  FieldSet fields = {};

  bool operator==(const ManagedEntry& other) const = default;
};
using ManagedFields = std::vector<ManagedEntry>;

// Who writes which part of an object.
struct Writing {
  const api::Kind* kind = nullptr;
  bool status = false;  // through …/status
  std::string manager = {};
  std::string now = {};  // RFC 3339
};

// Absent or null: none. An error when it is malformed.
Result<ManagedFields> DecodeManaged(const Json* managed_fields);
// Sorted by operation, time and manager; entries without fields are left out.
Json EncodeManaged(ManagedFields managed);
bool SameButTimes(const ManagedFields& a, const ManagedFields& b);

// The part of `object` that entries speak about: without apiVersion, kind and server-owned
// metadata, and only or never with the status, as the endpoint has it.
FieldSet FieldsOf(const Writing& writing, const Json& object);
// `before` null: the object is new.
void CompareObjects(const Writing& writing, const Json* before, const Json& after,
                    FieldSet& changed, FieldSet& removed);

// Ownership after a plain write (POST, PUT, merge or JSON patch): what changed goes to the writer.
ManagedFields TrackUpdate(const Writing& writing, const Json* before, const Json& after,
                          ManagedFields managed);

// managedFields after the body of an ordinary write: the body's own when it has proper ones, none
// when the body clears them ([] or [{}]), else those of the live object.
ManagedFields ManagedOfWrite(const Json* live, const Json& body);

}  // namespace osbx::registry
