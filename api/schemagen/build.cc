// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <span>
#include <string_view>

#include "api/schemagen/model.h"

namespace osbx::schemagen {
namespace {

constexpr std::array<std::string_view, 27> kSchemaKeys{
    "type",      "description",    "properties",   "items",       "additionalProperties",
    "required",  "enum",           "default",      "minimum",     "maximum",
    "minLength", "maxLength",      "minItems",     "maxItems",    "pattern",
    "format",    "nullable",       "struct",       "listType",    "listMapKeys",
    "immutable", "intOrString",    "exactlyOneOf", "atMostOneOf", "sensitive",
    "$ref",      "preserveUnknown"};
constexpr std::array<std::string_view, 14> kKindKeys{
    "group",      "version",          "kind",   "plural",        "singular",
    "shortNames", "categories",       "scope",  "status",        "description",
    "columns",    "selectableFields", "schema", "hideNameColumn"};
constexpr std::array<std::string_view, 2> kFileKeys{"structs", "handWritten"};
constexpr std::array<std::string_view, 20> kKeywords{
    "class",    "default",  "delete",   "operator", "namespace", "private", "public",
    "template", "union",    "register", "export",   "new",       "switch",  "case",
    "const",    "continue", "explicit", "extern",   "friend",    "virtual"};

bool Among(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void CheckKeys(const Document& node, std::span<const std::string_view> known,
               const std::string& path) {
  for (const auto& [key, value] : node.items()) {
    if (Among(known, key)) continue;
    std::string problem = path;
    throw SchemaError(problem.append(": unknown key ").append(key));
  }
}

std::string Text(const Document& node, const char* key) {
  const auto found = node.find(key);
  return found == node.end() || !found->is_string() ? "" : found->get<std::string>();
}

bool Flag(const Document& node, const char* key) {
  const auto found = node.find(key);
  return found != node.end() && found->is_boolean() && found->get<bool>();
}

bool Upper(char c) {
  return std::isupper(static_cast<unsigned char>(c)) != 0;
}

// mountPath -> mount_path, machineID -> machine_id, ossfs1Version -> ossfs1_version.
std::string SnakeCase(const std::string& name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool starts_word = Upper(name[i]) && i > 0 &&
                             (!Upper(name[i - 1]) || (i + 1 < name.size() && !Upper(name[i + 1])));
    if (starts_word) out += '_';
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
  }
  return Among(kKeywords, out) ? out + "_" : out;
}

std::string Capitalised(std::string name) {
  if (!name.empty()) name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

// SandboxStatus -> Sandbox: constants are named after the thing, not after the half of it.
std::string ConstantPrefix(std::string struct_name) {
  constexpr std::array<std::string_view, 3> kSuffixes{"StatusDetail", "Status", "Spec"};
  for (const std::string_view suffix : kSuffixes) {
    if (struct_name.size() > suffix.size() && struct_name.ends_with(suffix)) {
      struct_name.resize(struct_name.size() - suffix.size());
      break;
    }
  }
  return struct_name;
}

class Builder {
 public:
  explicit Builder(SchemaFile& file) : file_(file) {}

  // Adds `schema` (an object with properties) and, before it, the structs inside it.
  void AddStruct(const std::string& name, const Document& schema, const std::string& path) {
    if (!names_.insert(name).second) throw SchemaError(path + ": struct " + name + " twice");
    Struct made;
    made.name = name;
    made.description = Text(schema, "description");
    made.fields = Fields(schema, path, &made.constants, ConstantPrefix(name));
    file_.structs.push_back(std::move(made));
  }

  std::vector<Field> Fields(const Document& schema, const std::string& path,
                            std::vector<Constant>* constants, const std::string& prefix) {
    CheckKeys(schema, kSchemaKeys, path);
    std::set<std::string> required;
    if (schema.contains("required")) {
      for (const auto& name : schema["required"]) required.insert(name.get<std::string>());
    }
    std::vector<Field> fields;
    for (const auto& [name, node] : schema.at("properties").items()) {
      std::string field_path = path;
      field_path.append(".").append(name);
      CheckKeys(node, kSchemaKeys, field_path);
      Field field;
      field.json_name = name;
      field.cpp_name = SnakeCase(name);
      field.description = Text(node, "description");
      Describe(node, required.erase(name) > 0, field_path, field);
      fields.push_back(std::move(field));
      if (constants != nullptr && node.contains("enum")) {
        for (const auto& value : node["enum"]) {
          const auto text = value.get<std::string>();
          constants->push_back({"k" + prefix + Capitalised(name) + Capitalised(text), text});
        }
      }
    }
    if (!required.empty()) throw SchemaError(path + ": required but absent: " + *required.begin());
    return fields;
  }

 private:
  struct Shape {
    std::string type;
    bool scalar = false;  // has no empty value of its own: absence needs std::optional
    bool is_struct = false;
    std::string read = "Read";
    std::string write = "Put";
  };

  void Describe(const Document& node, bool required, const std::string& path, Field& field) {
    const Shape shape = ShapeOf(node, path);
    const bool has_default = node.contains("default");
    field.type = shape.type;
    field.read = shape.read;
    field.write = shape.write;
    if (has_default) {
      const Document& value = node["default"];
      field.init = value.dump();
      return;
    }
    if (required) {
      if (shape.scalar) field.init = shape.type == "bool" ? "false" : "0";
      return;
    }
    if (shape.scalar || shape.is_struct) field.type = "std::optional<" + shape.type + ">";
    if (!field.write.empty()) field.write += "IfSet";
  }

  Shape ShapeOf(const Document& node, const std::string& path) {
    if (node.contains("$ref")) {
      file_.uses_common = file_.uses_common || file_.is_kind;
      const auto ref = node["$ref"].get<std::string>();
      return {.type = ref.substr(2), .is_struct = true};
    }
    if (Flag(node, "sensitive")) return {.type = "::osbx::Secret", .write = ""};
    if (Flag(node, "intOrString")) return {.type = "std::string", .read = "ReadIntOrString"};
    if (Flag(node, "preserveUnknown")) {
      return {.type = "std::string", .read = "ReadText", .write = "PutText"};
    }
    const std::string type = Text(node, "type");
    const std::string format = Text(node, "format");
    if (type == "string" && format == "date-time") return {.type = "::osbx::Time", .scalar = true};
    if (type == "string" && format == "micro-time") {
      return {.type = "::osbx::Time", .scalar = true, .write = "PutMicro"};
    }
    if (type == "string") return {.type = "std::string"};
    if (type == "boolean") return {.type = "bool", .scalar = true};
    if (type == "number") return {.type = "double", .scalar = true};
    if (type == "integer") {
      return {.type = format == "int32" ? "std::int32_t" : "std::int64_t", .scalar = true};
    }
    if (type == "array") return Container("std::vector<", node.at("items"), path + "[]");
    if (type == "object" && node.contains("additionalProperties")) {
      return Container("std::map<std::string, ", node["additionalProperties"], path + "{}");
    }
    if (type == "object" && node.contains("properties")) {
      const std::string name = Text(node, "struct");
      if (name.empty()) throw SchemaError(path + ": an object with properties needs a struct name");
      AddStruct(name, node, path);
      return {.type = name, .is_struct = true};
    }
    throw SchemaError(path + ": cannot tell the type");
  }

  Shape Container(const std::string& opening, const Document& element, const std::string& path) {
    CheckKeys(element, kSchemaKeys, path);
    Shape shape = ShapeOf(element, path);
    shape.type = opening + shape.type + ">";
    shape.scalar = false;
    shape.is_struct = false;
    return shape;
  }

  SchemaFile& file_;
  std::set<std::string> names_;
};

}  // namespace

SchemaFile BuildModel(std::string stem, Document document) {
  SchemaFile file;
  file.stem = std::move(stem);
  file.is_kind = document.contains("kind");
  file.hand_written = Flag(document, "handWritten");
  Builder builder(file);
  if (file.is_kind) {
    CheckKeys(document, kKindKeys, "file");
    for (const char* key : {"group", "version", "kind", "plural", "singular", "scope", "schema"}) {
      if (!document.contains(key)) throw SchemaError(std::string("file: no ") + key);
    }
    file.kind_fields = builder.Fields(document["schema"], "schema", nullptr, "");
  } else {
    CheckKeys(document, kFileKeys, "file");
    for (const auto& [name, schema] : document.at("structs").items()) {
      builder.AddStruct(name, schema, name);
    }
  }
  file.document = std::move(document);
  return file;
}

}  // namespace osbx::schemagen
