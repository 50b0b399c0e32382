// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/gc/owner_reconciler.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "api/schema.h"
#include "registry/finalizers.h"

namespace osbx::reconcilers {
namespace {

constexpr const char* kController = "owner";

registry::Ref RefOf(const store::Key& key) {
  return {.kind = api::FindKindByPlural(key.kind), .ns = key.ns, .name = key.name};
}

bool HasFinalizer(const store::Object& object, std::string_view finalizer) {
  const Json& metadata = (*object.body)["metadata"];
  const auto found = metadata.find("finalizers");
  return found != metadata.end() && std::ranges::find(*found, Json(finalizer)) != found->end();
}

bool BeingDeleted(const store::Object& object) {
  return (*object.body)["metadata"].contains("deletionTimestamp");
}

Result<> DropFinalizer(registry::Registry& registry, const store::Key& key,
                       std::string_view finalizer) {
  const auto written = registry.Modify(RefOf(key), [finalizer](Json& object) -> Result<> {
    auto& list = object["metadata"]["finalizers"];
    if (list.is_array()) std::erase(list.get_ref<Json::array_t&>(), Json(finalizer));
    return {};
  });
  if (!written && written.error().code() != Code::kNotFound) return written.error();
  return {};
}

}  // namespace

void OwnerReconciler::AddControllers(ctrl::Manager& manager) {
  index_.Start(store_);
  std::vector<ctrl::Watch> watches;
  for (const api::Kind& kind : api::AllKinds()) {
    watches.push_back(
        {kind.plural, [this](const store::Event& event) { return Concerned(event); }});
  }
  manager.Add({.name = kController,
               .kind = "",  // any: the watches name what is to be looked at
               .watches = std::move(watches),
               .reconcile = [this](const store::Key& key) { return Reconcile(key); },
               .workers = 2});
}

void OwnerReconciler::CatchUp(ctrl::Manager& manager) const {
  for (const store::Key& key : index_.AllDependents()) manager.Enqueue(kController, key);
}

std::vector<store::Key> OwnerReconciler::Concerned(const store::Event& event) const {
  if (event.type != store::EventType::kDeleted) {
    const bool matters = !OwnersOf(*event.object).empty() || BeingDeleted(*event.object);
    return matters ? std::vector{event.object->key} : std::vector<store::Key>{};
  }
  std::vector<store::Key> keys = index_.DependentsOf(event.object->uid);
  for (const OwnerRef& owner : OwnersOf(*event.object)) {
    const api::Kind* kind = api::FindKindByName(owner.api_version, owner.kind);
    if (kind == nullptr) continue;
    keys.push_back({.kind = kind->plural,
                    .ns = kind->namespaced ? event.object->key.ns : "",
                    .name = owner.name});
  }
  return keys;
}

bool OwnerReconciler::OwnerExists(const OwnerRef& owner, const std::string& ns) const {
  const api::Kind* kind = api::FindKindByName(owner.api_version, owner.kind);
  if (kind == nullptr) return true;  // a kind we do not serve: not ours to judge
  const auto object =
      store_.Find({.kind = kind->plural, .ns = kind->namespaced ? ns : "", .name = owner.name});
  return object && object->uid == owner.uid;
}

Result<ctrl::Outcome> OwnerReconciler::Reconcile(const store::Key& key) {
  const auto object = store_.Find(key);
  if (!object) return ctrl::Outcome{};
  if (BeingDeleted(*object)) {
    if (HasFinalizer(*object, registry::kForegroundFinalizer))
      OSBX_CHECK(FinishForeground(*object));
    if (HasFinalizer(*object, registry::kOrphanFinalizer)) OSBX_CHECK(FinishOrphan(*object));
    return ctrl::Outcome{};
  }
  const std::vector<OwnerRef> owners = OwnersOf(*object);
  if (owners.empty()) return ctrl::Outcome{};
  const bool abandoned = std::ranges::none_of(
      owners, [&](const OwnerRef& owner) { return OwnerExists(owner, key.ns); });
  if (abandoned) OSBX_CHECK(DeleteDependent(*object));
  return ctrl::Outcome{};
}

Result<> OwnerReconciler::DeleteDependent(const store::Object& dependent) {
  registry::RequestInfo info;
  info.internal = true;
  info.manager = "osbxd";
  const auto deleted = registry_.Delete(RefOf(dependent.key), {.uid = dependent.uid}, info);
  if (!deleted && deleted.error().code() != Code::kNotFound) return deleted.error();
  return {};
}

// Dependents first; the owner's finalizer goes when none that blocks it is
// left.
Result<> OwnerReconciler::FinishForeground(const store::Object& owner) {
  bool blocked = false;
  for (const store::Key& key : index_.DependentsOf(owner.uid)) {
    const auto dependent = store_.Find(key);
    if (!dependent) continue;
    for (const OwnerRef& reference : OwnersOf(*dependent)) {
      blocked = blocked || (reference.uid == owner.uid && reference.block_owner_deletion);
    }
    if (!BeingDeleted(*dependent)) OSBX_CHECK(DeleteDependent(*dependent));
  }
  if (blocked) return {};
  return DropFinalizer(registry_, owner.key, registry::kForegroundFinalizer);
}

Result<> OwnerReconciler::FinishOrphan(const store::Object& owner) {
  for (const store::Key& key : index_.DependentsOf(owner.uid)) {
    const auto written = registry_.Modify(RefOf(key), [&owner](Json& object) -> Result<> {
      auto& list = object["metadata"]["ownerReferences"];
      if (!list.is_array()) return {};
      std::erase_if(list.get_ref<Json::array_t&>(), [&owner](const Json& reference) {
        return reference.value("uid", "") == owner.uid;
      });
      return {};
    });
    if (!written && written.error().code() != Code::kNotFound) return written.error();
  }
  return DropFinalizer(registry_, owner.key, registry::kOrphanFinalizer);
}

}  // namespace osbx::reconcilers
