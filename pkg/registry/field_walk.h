// SPDX-License-Identifier: Apache-2.0
// Walks values along their schema for server-side apply: which paths a value has, how two values
// differ, merging and removing by path. Maps and list-maps are walked into, sets element by
// element; scalars, atomic lists and empty containers are leaves (contract/kubectl.md §6).
// A null schema means "not declared": maps are walked into, lists are atomic. Pure.
#pragma once

#include <string>
#include <vector>

#include "api/schema.h"
#include "base/json.h"
#include "registry/fieldset.h"

namespace osbx::registry {

struct FieldDiff {
  FieldSet changed;  // added or modified; added containers are listed too
  FieldSet removed;  // with everything below
};

// The paths that applying `value` would own.
void CollectFields(const api::Schema* schema, const Json& value, FieldSet& into);
// All paths of `value`, containers included.
void CollectAllFields(const api::Schema* schema, const Json& value, FieldSet& into);
// Either side may be null: absent.
void CompareFields(const api::Schema* schema, const Json* before, const Json* after,
                   FieldDiff& into);

// Removes from `value` what is in `remove` unless `keep` has it or something below it. Containers
// that become empty go too.
void RemoveFields(const api::Schema* schema, Json& value, const FieldSet& remove,
                  const FieldSet* keep);
// Lays `applied` over `live`: maps deep, list-maps by key with new elements at the end, sets as a
// union, all else replaced.
void MergeFields(const api::Schema* schema, Json& live, const Json& applied);

// Elements of list-maps and sets that occur twice: ".spec.env: duplicate entries for key
// [name=\"a\"]".
void FindDuplicates(const api::Schema* schema, const Json& value, const std::string& path,
                    std::vector<std::string>& faults);

// The schema of a member of an object; null when not declared.
const api::Schema* MemberSchema(const api::Schema* schema, std::string_view name);

}  // namespace osbx::registry
