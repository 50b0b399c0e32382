// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "api/schema.h"
#include "apiserver/opensandbox/dialect.h"
#include "apiserver/routes.h"
#include "markdown.h"
#include "pages.h"
#include "registry/json_access.h"
#include "registry/registry.h"
#include "store/memory_store.h"

namespace osbx::docgen {
namespace {

using api::Schema;

const Schema& Element(const Schema& schema) {
  if (schema.items != nullptr) return Element(*schema.items);
  if (schema.additional != nullptr) return Element(*schema.additional);
  return schema;
}

std::string TypeOf(const Schema& schema) {
  if (schema.items != nullptr) return "list of " + TypeOf(*schema.items);
  if (schema.additional != nullptr) return "map to " + TypeOf(*schema.additional);
  switch (schema.type) {
    case api::Type::kObject:
      return schema.struct_name.empty() ? "object" : schema.struct_name;
    case api::Type::kString:
      return schema.format.empty() ? "text" : schema.format;
    case api::Type::kInteger:
      return "integer";
    case api::Type::kNumber:
      return "number";
    case api::Type::kBoolean:
      return "boolean";
    case api::Type::kIntOrString:
      return "integer or text";
    case api::Type::kArray:
    case api::Type::kAny:
      break;
  }
  return "any";
}

std::string Number(double value) {
  return std::to_string(static_cast<long long>(std::llround(value)));
}

template <class Value>
std::string Range(const std::optional<Value>& least, const std::optional<Value>& most,
                  const std::string& unit) {
  const auto text = [](Value value) { return Number(static_cast<double>(value)); };
  if (least && most) return text(*least) + " to " + text(*most) + unit;
  if (least) return "at least " + text(*least) + unit;
  if (most) return "at most " + text(*most) + unit;
  return "";
}

std::string Listed(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) out += (out.empty() ? "" : ", ") + Code(value);
  return out;
}

// What a value must obey, in words.
std::string RulesOf(const Schema& schema, bool required) {
  std::vector<std::string> rules;
  if (required) rules.emplace_back("required");
  if (schema.immutable) rules.emplace_back("immutable");
  if (schema.sensitive) rules.emplace_back("never shown");
  if (schema.default_value != nullptr)
    rules.push_back("default " + Code(registry::Dump(*schema.default_value)));
  if (!schema.enum_values.empty()) rules.push_back("one of " + Listed(schema.enum_values));
  rules.push_back(Range(schema.minimum, schema.maximum, ""));
  rules.push_back(Range(schema.min_length, schema.max_length, " bytes"));
  rules.push_back(Range(schema.min_items, schema.max_items, " entries"));
  if (!schema.pattern.empty()) rules.push_back(Code(schema.pattern));
  for (const auto& names : schema.exactly_one_of)
    rules.push_back("exactly one of " + Listed(names));
  for (const auto& names : schema.at_most_one_of)
    rules.push_back("at most one of " + Listed(names));
  std::string out;
  for (const std::string& rule : rules) {
    if (!rule.empty()) out += (out.empty() ? "" : "; ") + rule;
  }
  return out;
}

// Structs in the order they are met first, and in how many kinds.
struct Structs {
  std::map<std::string, std::set<std::string>> kinds;
  std::vector<const Schema*> order;

  void Meet(const Schema& schema, const std::string& kind) {
    const Schema& element = Element(schema);
    if (!element.struct_name.empty()) {
      auto& seen = kinds[element.struct_name];
      if (seen.empty()) order.push_back(&element);
      seen.insert(kind);
    }
    for (const api::Property& property : element.properties) Meet(*property.schema, kind);
  }
  bool Shared(const Schema& schema) const {
    const auto found = kinds.find(schema.struct_name);
    return found != kinds.end() && found->second.size() > 1;
  }
};

void AddFields(const Schema& schema, const std::string& path, const Structs& structs,
               std::string& out) {
  for (const api::Property& property : schema.properties) {
    const Schema& field = *property.schema;
    const bool required =
        std::ranges::find(schema.required, property.name) != schema.required.end();
    const std::string here = path + property.name;
    out += Row({Code(here), TypeOf(field), field.description, RulesOf(field, required)});
    const Schema& element = Element(field);
    if (element.properties.empty() || structs.Shared(element)) continue;
    if (&element != &field && (!element.required.empty() || !element.exactly_one_of.empty()))
      out += Row({Code(here + "[]"), TypeOf(element), "Each entry.", RulesOf(element, false)});
    AddFields(element, here + (&element == &field ? "." : "[]."), structs, out);
  }
}

std::string Fields(const Schema& schema, const std::string& path, const Structs& structs) {
  std::string out = TableHead({"field", "type", "meaning", "rules"});
  AddFields(schema, path, structs, out);
  return out;
}

std::string KindSection(const api::Kind& kind, const Structs& structs) {
  std::string out = "\n## " + kind.kind + "\n\n" + kind.description + "\n\n";
  out += "`apiVersion: " + kind.ApiVersion() + "`, " +
         (kind.namespaced ? "namespaced" : "cluster-scoped");
  std::vector<std::string> names = kind.short_names;
  names.insert(names.begin(), {kind.plural, kind.singular});
  out += "; osbxctl and kubectl know it as " + Listed(names) + ".\n\n";
  const std::string base =
      (kind.group.empty() ? "/api/" : "/apis/" + kind.group + "/") + kind.version;
  const std::string list = base + (kind.namespaced ? "/namespaces/NAMESPACE/" : "/") + kind.plural;
  out += "- " + Code(list) + ": GET (list; `watch=1` follows), POST, DELETE (all that match)\n";
  if (kind.namespaced) out += "- " + Code(base + "/" + kind.plural) + ": GET over all namespaces\n";
  out +=
      "- " + Code(list + "/NAME") + ": GET, PUT, PATCH (JSON, merge, strategic, apply), DELETE\n";
  if (kind.status_subresource) out += "- " + Code(list + "/NAME/status") + ": GET, PUT, PATCH\n";
  if (kind.kind == "Sandbox") {
    out +=
        "- " + Code(list + "/NAME/log") + ", " + Code("/exec") + ", " + Code("/stats") + ": GET\n";
  }
  if (!kind.selectable_fields.empty()) {
    out += "\nField selectors: `metadata.name`, `metadata.namespace`, " +
           Listed(kind.selectable_fields) + ".\n";
  }
  return out + "\n" + Fields(*kind.schema, "", structs);
}

// The routes as the server has them, beside those of the kinds.
std::string Routes() {
  store::MemoryStore store;
  registry::Registry registry(store, RealClock());
  const apiserver::Tables tables;
  apiserver::WatchHub hub(store, RealClock(), tables);
  const apiserver::Services services{
      .registry = registry, .tables = tables, .hub = hub, .streams = nullptr};
  const apiserver::Discovery discovery;
  const std::vector<apiserver::ReadyCheck> checks;
  const apiserver::Collectors collectors;
  http::Router router = apiserver::MakeRoutes({.services = &services,
                                               .discovery = &discovery,
                                               .ready_checks = &checks,
                                               .collectors = &collectors,
                                               .version_document = nullptr});
  apiserver::opensandbox::Dialect dialect(store, registry, {});
  dialect.AddRoutes(router);
  std::map<std::string, std::set<std::string>> methods;
  for (const http::Route* route : router.All()) {
    const bool generic =
        route->pattern.find("{plural}") != std::string::npos || route->method == "*";
    if (!generic) methods[route->pattern].insert(route->method);
  }
  dialect.Stop();
  std::string out = TableHead({"path", "methods"});
  for (const auto& [pattern, names] : methods) {
    if (pattern.starts_with("/v1/") && methods.contains(pattern.substr(3))) continue;
    out += Row({Code(pattern), Listed({names.begin(), names.end()})});
  }
  return out;
}

}  // namespace

std::string ApiPage() {
  Structs structs;
  for (const api::Kind& kind : api::AllKinds()) structs.Meet(*kind.schema, kind.kind);
  std::string out =
      Head("Kinds, fields and routes",
           "Every kind that osbxd serves, from `api/v1/*.schema.yaml`, and every other route. "
           "`osbxctl explain KIND.FIELD` shows the same on a terminal, `/openapi/v3` to programs. "
           "Conventions are those of Kubernetes: unknown fields are refused with their path, "
           "`metadata.resourceVersion` guards updates, `status` has one writer.");
  for (const api::Kind& kind : api::AllKinds()) out += KindSection(kind, structs);
  out += "\n## Structures that several kinds share\n";
  for (const Schema* schema : structs.order) {
    if (!structs.Shared(*schema)) continue;
    out += "\n### " + schema->struct_name + "\n\n" + schema->description + "\n\n";
    const std::string rules = RulesOf(*schema, false);
    if (!rules.empty()) out += "Rules: " + rules + ".\n\n";
    out += Fields(*schema, "", structs);
  }
  out +=
      "\n## Other routes\n\nThe paths below `/sandboxes`, `/pools` and `/templates`, also under "
      "`/v1`, are those of the OpenSandbox SDKs.\n\n" +
      Routes();
  return out;
}

}  // namespace osbx::docgen
