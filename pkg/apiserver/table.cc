// SPDX-License-Identifier: Apache-2.0
#include "apiserver/table.h"

#include <algorithm>
#include <cctype>

#include <nlohmann/json.hpp>

#include "base/rfc3339.h"
#include "registry/errors.h"
#include "registry/json_access.h"

namespace osbx::apiserver {

namespace {

Json Definition(std::string_view name, std::string_view type, std::string_view format,
                std::string_view description, int priority) {
  return {{"name", name},
          {"type", type},
          {"format", format},
          {"description", description},
          {"priority", priority}};
}

Json AgeCell(const Json* value, Time now) {
  if (value == nullptr || !value->is_string()) return nullptr;
  const auto time = ParseTime(value->get_ref<const std::string&>());
  if (!time) return "<unknown>";
  return FormatAge(now - *time);
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Json Cell(const api::Column& column, const Json* value, Time now) {
  if (column.type == "date") return AgeCell(value, now);
  if (column.format == "count") {
    return value != nullptr && value->is_structured() ? value->size() : std::size_t{0};
  }
  if (value == nullptr || value->is_null()) return nullptr;
  if (column.format == "objectRef") {
    return Lower(std::string(registry::StringMember(*value, "kind"))) + "/" +
           std::string(registry::StringMember(*value, "name"));
  }
  if (column.type == "integer") return value->is_number() ? *value : Json(nullptr);
  if (column.type == "boolean") return value->is_boolean() ? *value : Json(nullptr);
  if (value->is_string()) return *value;
  return registry::Dump(*value);
}

}  // namespace

Result<IncludeObject> ParseIncludeObject(std::string_view text) {
  if (text.empty() || text == "Metadata") return IncludeObject::kMetadata;
  if (text == "Object") return IncludeObject::kObject;
  if (text == "None") return IncludeObject::kNone;
  return registry::BadRequest("unrecognized includeObject value: \"" + std::string(text) + "\"");
}

Tables::Tables() {
  for (const api::Kind& kind : api::AllKinds()) {
    Layout layout;
    Json definitions = Json::array();
    layout.name_first = !kind.hide_name_column;
    if (layout.name_first) {
      definitions.push_back(
          Definition("Name", "string", "name", "Name must be unique within a namespace.", 0));
    }
    for (const api::Column& column : kind.columns) {
      auto path = api::JsonPath::Parse(column.json_path);
      if (!path) continue;  // the schema's tests refuse such a column
      const bool computed = column.format == "count" || column.format == "objectRef";
      definitions.push_back(Definition(column.name, column.type, computed ? "" : column.format,
                                       column.description, column.priority));
      if (column.name == "Age") layout.age_last = false;
      layout.columns.push_back({.column = &column, .path = *std::move(path)});
    }
    if (kind.hide_name_column) layout.age_last = false;
    if (layout.age_last) {
      definitions.push_back(Definition("Age", "date", "", "Time since the object was created.", 0));
    }
    layout.definitions = registry::Dump(definitions);
    layouts_.emplace(kind.plural, std::move(layout));
  }
}

void Tables::AppendRow(const Layout& layout, const store::Object& object, const TableStyle& style,
                       Time now, std::string& out) const {
  Json cells = Json::array();
  if (layout.name_first) cells.push_back(object.key.name);
  for (const Column& column : layout.columns) {
    cells.push_back(Cell(*column.column, column.path.First(*object.body), now));
  }
  if (layout.age_last) {
    cells.push_back(
        AgeCell(registry::MemberPath(*object.body, {"metadata", "creationTimestamp"}), now));
  }
  out += R"({"cells":)" + registry::Dump(cells) + R"(,"object":)";
  if (style.include == IncludeObject::kObject) {
    out += *object.bytes;
  } else if (style.include == IncludeObject::kMetadata) {
    out += PartialObject(*object.body, style.version);
  } else {
    out += "null";
  }
  out += '}';
}

std::string Tables::Render(const api::Kind& kind, const std::vector<store::ObjectPtr>& objects,
                           std::string_view metadata, const TableStyle& style, Time now) const {
  const Layout& layout = layouts_.at(kind.plural);
  std::string out = R"({"kind":"Table","apiVersion":"meta.k8s.io/)" + style.version +
                    R"(","metadata":)" + std::string(metadata) + R"(,"columnDefinitions":)";
  out += style.with_columns ? layout.definitions : "[]";
  out += R"(,"rows":[)";
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (i > 0) out += ',';
    AppendRow(layout, *objects[i], style, now, out);
  }
  out += "]}";
  return out;
}

std::string PartialObject(const Json& object, std::string_view version) {
  return R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/)" + std::string(version) +
         R"(","metadata":)" + registry::Dump(registry::Metadata(object)) + "}";
}

std::string PartialListHead(std::string_view metadata, std::string_view version) {
  return R"({"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/)" +
         std::string(version) + R"(","metadata":)" + std::string(metadata) + R"(,"items":[)";
}

}  // namespace osbx::apiserver
