// SPDX-License-Identifier: Apache-2.0
// OpenAPI v3 of one group/version. What kubectl reads of it is listed in contract/kubectl.md §3.1:
// components with x-kubernetes-group-version-kind for explain, and paths whose `patch` carries that
// extension and the query parameters dryRun and fieldValidation.
#include <nlohmann/json.hpp>

#include "api/schema.h"

namespace osbx::api {
namespace {

constexpr const char* kGvk = "x-kubernetes-group-version-kind";
constexpr std::string_view kMetaPrefix = "io.k8s.apimachinery.pkg.apis.meta.v1.";

bool IsMetaStruct(std::string_view name) {
  return name == "ObjectMeta" || name == "OwnerReference" || name == "ManagedFieldsEntry" ||
         name == "ListMeta" || name == "Status" || name == "Patch" || name == "DeleteOptions";
}

class DocumentBuilder {
 public:
  DocumentBuilder(std::string_view group, std::string_view version)
      : group_(group), version_(version) {}

  Json Build() {
    AddMetaComponents();
    for (const Kind& kind : AllKinds()) {
      if (kind.group != group_ || kind.version != version_) continue;
      AddKind(kind);
    }
    const Json security = {{"type", "http"}, {"scheme", "bearer"}};
    return {{"openapi", "3.0.0"},
            {"info", {{"title", "osbx"}, {"version", "v1"}}},
            {"paths", std::move(paths_)},
            {"components",
             {{"schemas", std::move(components_)}, {"securitySchemes", {{"Bearer", security}}}}}};
  }

 private:
  std::string ComponentName(std::string_view struct_name) const {
    if (IsMetaStruct(struct_name)) return std::string(kMetaPrefix).append(struct_name);
    std::string prefix = "io.k8s.api.core";
    if (!group_.empty()) {  // osbx.dev -> dev.osbx
      const std::size_t dot = group_.find('.');
      prefix =
          dot == std::string::npos ? group_ : group_.substr(dot + 1) + "." + group_.substr(0, dot);
    }
    return prefix + "." + version_ + "." + std::string(struct_name);
  }

  Json Ref(std::string_view struct_name) const {
    return {{"$ref", "#/components/schemas/" + ComponentName(struct_name)}};
  }

  // A use of a struct: its component beside the words of this place.
  Json RefWithDescription(const Schema& schema) const {
    return {{"allOf", Json::array({Ref(schema.struct_name)})}, {"description", schema.description}};
  }

  void AddComponent(const Schema& schema) {
    const std::string name = ComponentName(schema.struct_name);
    if (components_.contains(name)) return;
    components_[name] = nullptr;  // taken, in case a struct contains itself
    components_[name] = Describe(schema);
  }

  // The schema in full; structs below it become components.
  Json Describe(const Schema& schema) {
    Json out = Json::object();
    if (!schema.description.empty()) out["description"] = schema.description;
    AddType(schema, out);
    if (schema.default_value != nullptr) out["default"] = *schema.default_value;
    if (!schema.enum_values.empty()) out["enum"] = schema.enum_values;
    if (!schema.pattern.empty()) out["pattern"] = schema.pattern;
    if (schema.nullable) out["nullable"] = true;
    if (schema.minimum.has_value()) out["minimum"] = *schema.minimum;
    if (schema.maximum.has_value()) out["maximum"] = *schema.maximum;
    if (schema.min_length.has_value()) out["minLength"] = *schema.min_length;
    if (schema.max_length.has_value()) out["maxLength"] = *schema.max_length;
    if (schema.min_items.has_value()) out["minItems"] = *schema.min_items;
    if (schema.max_items.has_value()) out["maxItems"] = *schema.max_items;
    if (!schema.required.empty()) out["required"] = schema.required;
    for (const Property& property : schema.properties) {
      out["properties"][property.name] = Use(*property.schema);
    }
    if (schema.additional != nullptr) out["additionalProperties"] = Use(*schema.additional);
    if (schema.items != nullptr) AddItems(schema, out);
    return out;
  }

  Json Use(const Schema& schema) {
    if (schema.struct_name.empty()) return Describe(schema);
    AddComponent(schema);
    return RefWithDescription(schema);
  }

  void AddItems(const Schema& schema, Json& out) {
    if (schema.items->struct_name.empty()) {
      out["items"] = Describe(*schema.items);
    } else {
      AddComponent(*schema.items);
      out["items"] = Ref(schema.items->struct_name);
    }
    if (schema.list_type == ListType::kMap) {
      out["x-kubernetes-list-type"] = "map";
      out["x-kubernetes-list-map-keys"] = schema.list_map_keys;
    } else {
      out["x-kubernetes-list-type"] = schema.list_type == ListType::kSet ? "set" : "atomic";
    }
  }

  static void AddType(const Schema& schema, Json& out) {
    switch (schema.type) {
      case Type::kObject:
        out["type"] = "object";
        break;
      case Type::kArray:
        out["type"] = "array";
        break;
      case Type::kString:
        out["type"] = "string";
        break;
      case Type::kInteger:
        out["type"] = "integer";
        break;
      case Type::kNumber:
        out["type"] = "number";
        break;
      case Type::kBoolean:
        out["type"] = "boolean";
        break;
      case Type::kIntOrString:
        out["x-kubernetes-int-or-string"] = true;
        out["anyOf"] = Json::array({{{"type", "integer"}}, {{"type", "string"}}});
        break;
      case Type::kAny:
        out["x-kubernetes-preserve-unknown-fields"] = true;
        break;
    }
    if (schema.preserve_unknown) out["x-kubernetes-preserve-unknown-fields"] = true;
    // MicroTime is a date-time to clients.
    if (!schema.format.empty()) {
      out["format"] = schema.format == "micro-time" ? "date-time" : schema.format;
    }
  }

  void AddMetaComponents() {
    const Json text = {{"type", "string"}};
    components_[ComponentName("ListMeta")] = {
        {"description", "What every list carries."},
        {"type", "object"},
        {"properties",
         {{"resourceVersion", text},
          {"continue", text},
          {"selfLink", text},
          {"remainingItemCount", {{"type", "integer"}, {"format", "int64"}}}}}};
    components_[ComponentName("Status")] = {
        {"description", "The outcome of a call that returns no other object."},
        {"type", "object"},
        {"properties",
         {{"apiVersion", text},
          {"kind", text},
          {"metadata", {{"allOf", Json::array({Ref("ListMeta")})}}},
          {"status", text},
          {"message", text},
          {"reason", text},
          {"code", {{"type", "integer"}, {"format", "int32"}}},
          {"details", {{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}}}}},
        {kGvk, Json::array({{{"group", ""}, {"version", "v1"}, {"kind", "Status"}}})}};
    components_[ComponentName("Patch")] = {{"description", "A patch of any of the offered types."},
                                           {"type", "object"}};
    components_[ComponentName("DeleteOptions")] = {
        {"description", "How to delete."},
        {"type", "object"},
        {"properties",
         {{"apiVersion", text},
          {"kind", text},
          {"dryRun", {{"type", "array"}, {"items", text}}},
          {"gracePeriodSeconds", {{"type", "integer"}, {"format", "int64"}}},
          {"orphanDependents", {{"type", "boolean"}}},
          {"propagationPolicy", text},
          {"preconditions",
           {{"type", "object"}, {"properties", {{"resourceVersion", text}, {"uid", text}}}}}}},
        {kGvk,
         Json::array({{{"group", group_}, {"version", version_}, {"kind", "DeleteOptions"}}})}};
  }

  // ---- Kinds and their paths ----

  void AddKind(const Kind& kind) {
    AddComponent(*kind.schema);
    const Json gvk = {{"group", kind.group}, {"version", kind.version}, {"kind", kind.kind}};
    components_[ComponentName(kind.kind)][kGvk] = Json::array({gvk});
    Json list_gvk = gvk;
    list_gvk["kind"] = kind.list_kind;
    components_[ComponentName(kind.list_kind)] = {
        {"description", "A list of " + kind.plural + "."},
        {"type", "object"},
        {"required", Json::array({"items"})},
        {"properties",
         {{"apiVersion", {{"type", "string"}}},
          {"kind", {{"type", "string"}}},
          {"metadata", {{"allOf", Json::array({Ref("ListMeta")})}}},
          {"items", {{"type", "array"}, {"items", Ref(kind.kind)}}}}},
        {kGvk, Json::array({list_gvk})}};

    const std::string root =
        group_.empty() ? "/api/" + version_ : "/apis/" + group_ + "/" + version_;
    const std::string all = root + "/" + kind.plural;
    const std::string collection =
        kind.namespaced ? root + "/namespaces/{namespace}/" + kind.plural : all;
    const std::string one = collection + "/{name}";
    if (kind.namespaced) {
      paths_[all] = {{"get", Operation(kind, "list", "ForAllNamespaces", kind.list_kind)}};
    }
    AddCollectionPath(kind, collection);
    AddObjectPath(kind, one, "", true);
    if (kind.status_subresource) AddObjectPath(kind, one + "/status", "Status", false);
  }

  static Json Parameter(const char* name, const char* where, const char* type) {
    return {{"name", name},
            {"in", where},
            {"required", std::string_view(where) == "path"},
            {"schema", {{"type", type}, {"uniqueItems", true}}}};
  }

  static Json PathParameters(const Kind& kind, bool with_name) {
    Json parameters = Json::array();
    if (with_name) parameters.push_back(Parameter("name", "path", "string"));
    if (kind.namespaced) parameters.push_back(Parameter("namespace", "path", "string"));
    parameters.push_back(Parameter("pretty", "query", "string"));
    return parameters;
  }

  static void AddParameters(Json& operation, std::initializer_list<const char*> names,
                            const char* type = "string") {
    for (const char* name : names) {
      operation["parameters"].push_back(Parameter(name, "query", type));
    }
  }

  Json Operation(const Kind& kind, const std::string& action, const std::string& suffix,
                 const std::string& answer) const {
    const Json content = {{"application/json", {{"schema", Ref(answer)}}}};
    Json operation = {
        {"tags", Json::array({group_.empty() ? "core_" + version_ : group_ + "_" + version_})},
        {"description", action + " " + kind.kind},
        {"operationId", action + (kind.namespaced ? "Namespaced" : "") + kind.kind + suffix},
        {"responses", {{"200", {{"description", "OK"}, {"content", content}}}}},
        {"x-kubernetes-action", action},
        {kGvk, {{"group", kind.group}, {"version", kind.version}, {"kind", kind.kind}}}};
    if (action == "list" || action == "deletecollection") {
      AddParameters(operation, {"labelSelector", "fieldSelector", "continue", "resourceVersion",
                                "resourceVersionMatch"});
      AddParameters(operation, {"limit", "timeoutSeconds"}, "integer");
      AddParameters(operation, {"watch", "allowWatchBookmarks", "sendInitialEvents"}, "boolean");
    }
    return operation;
  }

  Json WriteOperation(const Kind& kind, const std::string& action, const std::string& suffix,
                      const Json& content) const {
    Json operation = Operation(kind, action, suffix, kind.kind);
    AddParameters(operation, {"dryRun", "fieldManager", "fieldValidation"});
    operation["requestBody"] = {{"required", true}, {"content", content}};
    return operation;
  }

  Json PatchOperation(const Kind& kind, const std::string& suffix) const {
    Json content;
    for (const char* type : {"application/apply-patch+yaml", "application/json-patch+json",
                             "application/merge-patch+json"}) {
      content[type] = {{"schema", Ref("Patch")}};
    }
    if (kind.group.empty()) {
      content["application/strategic-merge-patch+json"] = {{"schema", Ref("Patch")}};
    }
    Json operation = WriteOperation(kind, "patch", suffix, content);
    AddParameters(operation, {"force"}, "boolean");
    return operation;
  }

  Json DeleteOperation(const Kind& kind, const std::string& action) const {
    Json operation = Operation(kind, action, "", "Status");
    AddParameters(operation, {"dryRun", "propagationPolicy"});
    AddParameters(operation, {"gracePeriodSeconds"}, "integer");
    operation["requestBody"] = {
        {"content", {{"application/json", {{"schema", Ref("DeleteOptions")}}}}}};
    return operation;
  }

  Json ObjectBody(const Kind& kind) const { return {{"*/*", {{"schema", Ref(kind.kind)}}}}; }

  void AddCollectionPath(const Kind& kind, const std::string& path) {
    paths_[path] = {{"parameters", PathParameters(kind, false)},
                    {"get", Operation(kind, "list", "", kind.list_kind)},
                    {"post", WriteOperation(kind, "post", "", ObjectBody(kind))},
                    {"delete", DeleteOperation(kind, "deletecollection")}};
  }

  void AddObjectPath(const Kind& kind, const std::string& path, const std::string& suffix,
                     bool deletable) {
    Json item = {{"parameters", PathParameters(kind, true)},
                 {"get", Operation(kind, "get", suffix, kind.kind)},
                 {"put", WriteOperation(kind, "put", suffix, ObjectBody(kind))},
                 {"patch", PatchOperation(kind, suffix)}};
    if (deletable) item["delete"] = DeleteOperation(kind, "delete");
    paths_[path] = std::move(item);
  }

  std::string group_;
  std::string version_;
  Json components_ = Json::object();
  Json paths_ = Json::object();
};

}  // namespace

Json OpenApiV3(std::string_view group, std::string_view version) {
  return DocumentBuilder(group, version).Build();
}

}  // namespace osbx::api
