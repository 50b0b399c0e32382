// SPDX-License-Identifier: Apache-2.0
#include "api/schema_load.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "api/pattern.h"

namespace osbx::api {
namespace {

using Document = nlohmann::ordered_json;  // keeps the order of the schema file

Error Bad(std::string what) {
  return Error(Code::kInternal, std::move(what));
}

std::string Text(const Document& node, const char* key) {
  const auto found = node.find(key);
  return found != node.end() && found->is_string() ? found->get<std::string>() : "";
}

bool Flag(const Document& node, const char* key) {
  const auto found = node.find(key);
  return found != node.end() && found->is_boolean() && found->get<bool>();
}

std::vector<std::string> Texts(const Document& node, const char* key) {
  std::vector<std::string> out;
  const auto found = node.find(key);
  if (found == node.end() || !found->is_array()) return out;
  for (const auto& item : *found) {
    if (item.is_string()) out.push_back(item.get<std::string>());
  }
  return out;
}

template <class T>
std::optional<T> Number(const Document& node, const char* key) {
  const auto found = node.find(key);
  if (found == node.end() || !found->is_number()) return std::nullopt;
  return found->get<T>();
}

Result<Type> TypeOf(const Document& node) {
  if (Flag(node, "intOrString")) return Type::kIntOrString;
  const std::string type = Text(node, "type");
  if (type == "object") return Type::kObject;
  if (type == "array") return Type::kArray;
  if (type == "string") return Type::kString;
  if (type == "integer") return Type::kInteger;
  if (type == "number") return Type::kNumber;
  if (type == "boolean") return Type::kBoolean;
  if (type.empty()) return Type::kAny;
  return Bad("unknown type " + type);
}

Result<ListType> ListTypeOf(const Document& node) {
  const std::string type = Text(node, "listType");
  if (type.empty() || type == "atomic") return ListType::kAtomic;
  if (type == "map") return ListType::kMap;
  if (type == "set") return ListType::kSet;
  return Bad("unknown listType " + type);
}

// exactlyOneOf: [a, b] is one group, [[a, b], [c, d]] are several.
std::vector<std::vector<std::string>> Groups(const Document& node, const char* key) {
  const auto found = node.find(key);
  if (found == node.end() || found->empty()) return {};
  if (!found->front().is_array()) return {Texts(node, key)};
  return found->get<std::vector<std::vector<std::string>>>();
}

class Parser {
 public:
  explicit Parser(const SharedStructs& structs) : structs_(structs) {}

  Result<SchemaPtr> Parse(const Document& node) const {
    if (!node.is_object()) return Bad("a schema must be a map");
    if (node.contains("$ref")) return Refer(node);
    Schema schema;
    OSBX_TRY(schema.type, TypeOf(node));
    OSBX_TRY(schema.list_type, ListTypeOf(node));
    schema.struct_name = Text(node, "struct");
    schema.description = Text(node, "description");
    schema.format = Text(node, "format");
    schema.nullable = Flag(node, "nullable");
    schema.preserve_unknown = Flag(node, "preserveUnknown");
    schema.immutable = Flag(node, "immutable");
    schema.sensitive = Flag(node, "sensitive");
    schema.list_map_keys = Texts(node, "listMapKeys");
    schema.required = Texts(node, "required");
    schema.enum_values = Texts(node, "enum");
    schema.exactly_one_of = Groups(node, "exactlyOneOf");
    schema.at_most_one_of = Groups(node, "atMostOneOf");
    schema.minimum = Number<double>(node, "minimum");
    schema.maximum = Number<double>(node, "maximum");
    schema.min_length = Number<std::size_t>(node, "minLength");
    schema.max_length = Number<std::size_t>(node, "maxLength");
    schema.min_items = Number<std::size_t>(node, "minItems");
    schema.max_items = Number<std::size_t>(node, "maxItems");
    if (node.contains("default")) {
      schema.default_value = std::make_shared<const Json>(Json::parse(node["default"].dump()));
    }
    OSBX_CHECK(AddPattern(node, schema));
    OSBX_CHECK(AddChildren(node, schema));
    return std::make_shared<const Schema>(std::move(schema));
  }

 private:
  // A shared struct; words beside $ref override its own.
  Result<SchemaPtr> Refer(const Document& node) const {
    const std::string ref = Text(node, "$ref");
    constexpr std::string_view kPrefix = "#/";
    const auto found =
        ref.starts_with(kPrefix) ? structs_.find(ref.substr(kPrefix.size())) : structs_.end();
    if (found == structs_.end()) return Bad("unknown $ref " + ref);
    if (node.size() == 1) return found->second;
    Schema schema = *found->second;
    if (node.contains("description")) schema.description = Text(node, "description");
    schema.immutable = schema.immutable || Flag(node, "immutable");
    schema.nullable = schema.nullable || Flag(node, "nullable");
    return std::make_shared<const Schema>(std::move(schema));
  }

  static Result<> AddPattern(const Document& node, Schema& schema) {
    schema.pattern = Text(node, "pattern");
    if (schema.pattern.empty()) return {};
    OSBX_TRY(schema.compiled_pattern, Pattern::Compile(schema.pattern));
    return {};
  }

  Result<> AddChildren(const Document& node, Schema& schema) const {
    if (node.contains("properties")) {
      for (const auto& [name, child] : node["properties"].items()) {
        auto parsed = Parse(child);
        if (!parsed.has_value()) return std::move(parsed).error().Wrap(name);
        schema.properties.push_back({name, *std::move(parsed)});
      }
    }
    if (node.contains("additionalProperties")) {
      OSBX_TRY(schema.additional, Parse(node["additionalProperties"]));
    }
    if (node.contains("items")) {
      OSBX_TRY(schema.items, Parse(node["items"]));
    }
    return {};
  }

  const SharedStructs& structs_;
};

Result<Document> ParseDocument(std::string_view json) {
  Document document = Document::parse(json, nullptr, false);
  if (document.is_discarded() || !document.is_object()) return Bad("not a JSON object");
  return document;
}

SchemaPtr StringSchema(std::string description) {
  Schema schema;
  schema.type = Type::kString;
  schema.description = std::move(description);
  return std::make_shared<const Schema>(std::move(schema));
}

std::vector<Column> ColumnsOf(const Document& document) {
  std::vector<Column> columns;
  const auto found = document.find("columns");
  if (found == document.end()) return columns;
  for (const auto& node : *found) {
    Column column;
    column.name = Text(node, "name");
    column.type = Text(node, "type");
    column.format = Text(node, "format");
    column.json_path = Text(node, "jsonPath");
    column.description = Text(node, "description");
    column.priority = Number<int>(node, "priority").value_or(0);
    columns.push_back(std::move(column));
  }
  return columns;
}

Result<SchemaPtr> RootSchema(const Document& document, const SharedStructs& structs) {
  const auto body = document.find("schema");
  if (body == document.end()) return Bad("no schema");
  OSBX_TRY(const SchemaPtr parsed, Parser(structs).Parse(*body));
  Schema root = *parsed;
  root.type = Type::kObject;
  root.struct_name = Text(document, "kind");
  root.description = Text(document, "description");
  const auto metadata = structs.find("ObjectMeta");
  std::vector<Property> first{
      {"apiVersion", StringSchema("Group and version of the kind, e.g. osbx.dev/v1.")},
      {"kind", StringSchema("Name of the kind.")}};
  if (metadata != structs.end()) first.push_back({"metadata", metadata->second});
  root.properties.insert(root.properties.begin(), first.begin(), first.end());
  return std::make_shared<const Schema>(std::move(root));
}

}  // namespace

Result<SchemaPtr> ParseSchema(std::string_view json, const SharedStructs& structs) {
  OSBX_TRY(const Document document, ParseDocument(json));
  return Parser(structs).Parse(document);
}

Result<SharedStructs> ParseStructs(std::string_view json, const SharedStructs& structs) {
  OSBX_TRY(const Document document, ParseDocument(json));
  SharedStructs all = structs;
  const auto found = document.find("structs");
  if (found == document.end()) return Bad("no structs");
  for (const auto& [name, node] : found->items()) {
    auto parsed = Parser(all).Parse(node);
    if (!parsed.has_value()) return std::move(parsed).error().Wrap(name);
    Schema schema = **parsed;
    schema.struct_name = name;
    all[name] = std::make_shared<const Schema>(std::move(schema));
  }
  return all;
}

Result<Kind> ParseKind(std::string_view json, const SharedStructs& structs) {
  OSBX_TRY(const Document document, ParseDocument(json));
  Kind kind;
  kind.group = Text(document, "group");
  kind.version = Text(document, "version");
  kind.kind = Text(document, "kind");
  kind.list_kind = kind.kind + "List";
  kind.plural = Text(document, "plural");
  kind.singular = Text(document, "singular");
  kind.description = Text(document, "description");
  kind.short_names = Texts(document, "shortNames");
  kind.categories = Texts(document, "categories");
  kind.namespaced = Text(document, "scope") == "Namespaced";
  kind.status_subresource = Flag(document, "status");
  kind.hide_name_column = Flag(document, "hideNameColumn");
  kind.columns = ColumnsOf(document);
  kind.selectable_fields = Texts(document, "selectableFields");
  auto schema = RootSchema(document, structs);
  if (!schema.has_value()) return std::move(schema).error().Wrap(kind.kind);
  kind.schema = *std::move(schema);
  return kind;
}

}  // namespace osbx::api
