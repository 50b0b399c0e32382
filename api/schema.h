// SPDX-License-Identifier: Apache-2.0
// The kinds osbx serves, as data: one structural schema per kind, read from the embedded
// *.schema.yaml at start. Everything that depends on the shape of a kind – pruning, defaulting,
// validation, server-side apply's list types, printer columns, discovery, OpenAPI, explain – is
// driven by these tables; nothing else knows a field name by heart. Immutable after construction;
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace osbx::api {

enum class Type { kObject, kArray, kString, kInteger, kNumber, kBoolean, kIntOrString, kAny };
enum class ListType { kAtomic, kMap, kSet };

class Pattern;  // api/pattern.h: a compiled regular expression
struct Schema;
using SchemaPtr = std::shared_ptr<const Schema>;

struct Property {
  std::string name;
  SchemaPtr schema;
};

// One node of a structural schema (contract/kubectl.md §4.5).
struct Schema {
  Type type = Type::kAny;
  std::string struct_name;  // of objects, for `explain` and OpenAPI component names
  std::string description;
  std::string format;  // int32, int64, date-time, micro-time, byte
  std::string pattern;
  std::shared_ptr<const Pattern> compiled_pattern;  // of `pattern`, made when the schema is loaded
  bool nullable = false;
  bool preserve_unknown = false;
  bool immutable = false;
  bool sensitive = false;
  JsonPtr default_value;             // null pointer: none
  std::vector<Property> properties;  // in the order of the schema file
  SchemaPtr additional;              // values of a free map
  SchemaPtr items;                   // elements of an array
  ListType list_type = ListType::kAtomic;
  std::vector<std::string> list_map_keys;
  std::vector<std::string> required;
  std::vector<std::string> enum_values;
  std::vector<std::vector<std::string>> exactly_one_of;
  std::vector<std::vector<std::string>> at_most_one_of;
  std::optional<double> minimum;
  std::optional<double> maximum;
  std::optional<std::size_t> min_length;
  std::optional<std::size_t> max_length;
  std::optional<std::size_t> min_items;
  std::optional<std::size_t> max_items;

  const Schema* Find(std::string_view property) const;  // null when not declared
};

struct Column {
  std::string name;
  std::string type;    // string, integer, boolean, date
  std::string format;  // "", "name", "count" (entries of a map), "objectRef" (kind/name)
  std::string json_path;
  std::string description;
  int priority = 0;  // 1: only with -o wide
};

struct Kind {
  std::string group;  // "" is core
  std::string version;
  std::string kind;
  std::string list_kind;  // kind + "List"
  std::string plural;     // also the `kind` of store keys
  std::string singular;
  std::string description;
  std::vector<std::string> short_names;
  std::vector<std::string> categories;
  bool namespaced = true;
  bool status_subresource = false;
  bool hide_name_column = false;
  std::vector<Column> columns;
  std::vector<std::string> selectable_fields;
  SchemaPtr schema;  // of the whole object incl. apiVersion, kind and metadata

  std::string ApiVersion() const { return group.empty() ? version : group + "/" + version; }
  // "volumes.osbx.dev" or "secrets": how Kubernetes names a resource in messages.
  std::string QualifiedPlural() const { return group.empty() ? plural : plural + "." + group; }
  // "Sandbox.osbx.dev" or "Secret".
  std::string QualifiedKind() const { return group.empty() ? kind : kind + "." + group; }
};

// All kinds, core first, in a fixed order. Loaded once from the embedded schemas.
std::span<const Kind> AllKinds();
const Kind* FindKind(std::string_view group, std::string_view version, std::string_view plural);
const Kind* FindKindByPlural(std::string_view plural);  // plurals are unique across groups
const Kind* FindKindByName(std::string_view api_version, std::string_view kind);

// ---- Engine: pure functions on JSON ----

// Removes fields the schema does not declare. Returns their paths ("spec.frob", "spec.env[0].x"),
// sorted as met.
std::vector<std::string> Prune(const Schema& schema, Json& value);

// Fills in defaults (also inside list elements and for an explicit null of a defaulted field) and
// drops other nulls that are not nullable.
void Default(const Schema& schema, Json& value);

// Types, limits, patterns, enums, list keys, one-of rules: the causes in field order; empty means
// valid.
std::vector<Cause> Validate(const Schema& schema, const Json& value, std::string path = "");

// Fields marked immutable that differ between the two objects.
std::vector<Cause> ValidateUpdate(const Schema& schema, const Json& old_value,
                                  const Json& new_value);

// The rules of one kind that need more than one field (api/v1/<kind>_rules.cc). `old_value` is null
// at create.
std::vector<Cause> ValidateRules(const Kind& kind, const Json& new_value, const Json* old_value);

// ---- Derived documents ----

// OpenAPI v3 of one group/version, with the extensions kubectl needs (contract/kubectl.md §3.1).
Json OpenApiV3(std::string_view group, std::string_view version);

// `osbxctl explain`: text for "sandboxes.spec.volumes"; recursive prints the whole tree.
Result<std::string> Explain(const Kind& kind, std::string_view path, bool recursive);

}  // namespace osbx::api
