// SPDX-License-Identifier: Apache-2.0
// `explain` in the layout of kubectl's.
#include <algorithm>

#include "api/schema.h"

namespace osbx::api {
namespace {

constexpr std::size_t kWidth = 80;  // columns of the text, as kubectl wraps it

std::string Wrapped(std::string_view text, std::size_t indent) {
  const std::string margin(indent, ' ');
  std::string out;
  std::string line;
  const auto flush = [&] {
    if (!line.empty()) out += margin + line + "\n";
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (!line.empty() && indent + line.size() + 1 + word.size() > kWidth) flush();
    if (!line.empty()) line += ' ';
    line += word;
  }
  flush();
  return out;
}

std::string TypeText(const Schema& schema) {
  switch (schema.type) {
    case Type::kObject:
      if (schema.additional != nullptr) return "map[string]" + TypeText(*schema.additional);
      return schema.struct_name.empty() ? "Object" : schema.struct_name;
    case Type::kArray:
      return "[]" + (schema.items == nullptr ? "Object" : TypeText(*schema.items));
    case Type::kString:
      return "string";
    case Type::kInteger:
      return "integer";
    case Type::kNumber:
      return "number";
    case Type::kBoolean:
      return "boolean";
    case Type::kIntOrString:
      return "IntOrString";
    case Type::kAny:
      return "Object";
  }
  return "Object";
}

// What has the fields: of a list or map, its elements.
const Schema& Element(const Schema& schema) {
  if (schema.items != nullptr) return Element(*schema.items);
  if (schema.additional != nullptr) return Element(*schema.additional);
  return schema;
}

std::string Listed(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) out += (out.empty() ? "" : ", ") + value;
  return out;
}

std::string FieldLine(const Schema& parent, const Property& property) {
  std::string line = property.name + "\t<" + TypeText(*property.schema) + ">";
  const auto& required = parent.required;
  if (std::find(required.begin(), required.end(), property.name) != required.end()) {
    line += " -required-";
  }
  return line + "\n";
}

std::string FieldsOf(const Schema& schema) {
  std::string out;
  for (const Property& property : schema.properties) {
    out += "  " + FieldLine(schema, property);
    if (!property.schema->enum_values.empty()) {
      out += "  enum: " + Listed(property.schema->enum_values) + "\n";
    }
    out += Wrapped(property.schema->description, 4) + "\n";
  }
  return out;
}

std::string TreeOf(const Schema& schema, std::size_t indent) {
  std::string out;
  for (const Property& property : schema.properties) {
    out += std::string(indent, ' ') + FieldLine(schema, property);
    if (!property.schema->enum_values.empty()) {
      out += std::string(indent, ' ') + "enum: " + Listed(property.schema->enum_values) + "\n";
    }
    out += TreeOf(Element(*property.schema), indent + 2);
  }
  return out;
}

struct Place {
  const Schema* schema = nullptr;
  std::string name;  // last field of the path
  bool required = false;
};

Result<Place> Walk(const Kind& kind, std::string_view path) {
  Place place{.schema = kind.schema.get(), .name = "", .required = false};
  std::size_t dot = path.find('.');  // the first word names the kind
  while (dot != std::string_view::npos) {
    path.remove_prefix(dot + 1);
    dot = path.find('.');
    const std::string name(path.substr(0, dot));
    const Schema& parent = Element(*place.schema);
    const Schema* next = parent.Find(name);
    if (next == nullptr) {
      return Error(Code::kNotFound, "field \"" + name + "\" does not exist");
    }
    place.required =
        std::find(parent.required.begin(), parent.required.end(), name) != parent.required.end();
    place.schema = next;
    place.name = name;
  }
  return place;
}

}  // namespace

Result<std::string> Explain(const Kind& kind, std::string_view path, bool recursive) {
  OSBX_TRY(const Place place, Walk(kind, path));
  std::string out;
  if (!kind.group.empty()) out += "GROUP:      " + kind.group + "\n";
  out += "KIND:       " + kind.kind + "\nVERSION:    " + kind.version + "\n\n";
  const Schema& schema = *place.schema;
  if (!place.name.empty()) {
    out += "FIELD: " + place.name + " <" + TypeText(schema) + ">";
    out += std::string(place.required ? " -required-" : "") + "\n";
    if (!schema.enum_values.empty()) {
      out += "ENUM:\n";
      for (const std::string& value : schema.enum_values) out += "    " + value + "\n";
    }
    out += "\n";
  }
  out += "DESCRIPTION:\n";
  out += schema.description.empty() ? "    <empty>\n" : Wrapped(schema.description, 4);
  const Schema& element = Element(schema);
  if (!element.properties.empty()) {
    out += "\nFIELDS:\n" + (recursive ? TreeOf(element, 2) : FieldsOf(element));
  }
  return out;
}

}  // namespace osbx::api
