// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/namespace/namespace_reconciler.h"

#include <nlohmann/json.hpp>

#include "api/schema.h"

namespace osbx::reconcilers {

std::vector<ctrl::Watch> NamespaceReconciler::Watches() {
  std::vector<ctrl::Watch> watches;
  for (const api::Kind& kind : api::AllKinds()) {
    if (!kind.namespaced) continue;
    watches.push_back({kind.plural, [](const store::Event& event) {
                         if (event.type != store::EventType::kDeleted)
                           return std::vector<store::Key>{};
                         return std::vector<store::Key>{
                             {.kind = "namespaces", .ns = "", .name = event.object->key.ns}};
                       }});
  }
  return watches;
}

Result<ctrl::Outcome> NamespaceReconciler::Reconcile(const store::Key& key) {
  const auto object = store_.Find(key);
  if (!object || !(*object->body)["metadata"].contains("deletionTimestamp")) return ctrl::Outcome{};
  registry::RequestInfo info;
  info.manager = "osbxd";
  info.internal = true;
  bool empty = true;
  for (const api::Kind& kind : api::AllKinds()) {
    if (!kind.namespaced) continue;
    if (store_.List({.kind = kind.plural, .ns = key.name}).objects.empty()) continue;
    registry::ListOptions all;
    all.ns = key.name;
    OSBX_CHECK(registry_.DeleteCollection(kind, all, {}, info));
    // Those with finalizers are still there; their end brings us back.
    empty = empty && store_.List({.kind = kind.plural, .ns = key.name}).objects.empty();
  }
  if (!empty) return ctrl::Outcome{};
  Json body = *object->body;
  body["spec"]["finalizers"] = Json::array();
  const auto done = registry_.FinalizeNamespace(
      {.kind = api::FindKindByPlural("namespaces"), .ns = "", .name = key.name}, std::move(body),
      info);
  if (!done && done.error().code() != Code::kNotFound) return done.error();
  return ctrl::Outcome{};
}

}  // namespace osbx::reconcilers
