// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/gc/owner_index.h"

#include <nlohmann/json.hpp>

#include "api/schema.h"

namespace osbx::reconcilers {

std::vector<OwnerRef> OwnersOf(const store::Object& object) {
  std::vector<OwnerRef> out;
  const Json& body = *object.body;
  const auto metadata = body.find("metadata");
  if (metadata == body.end() || !metadata->is_object()) return out;
  const auto references = metadata->find("ownerReferences");
  if (references == metadata->end() || !references->is_array()) return out;
  for (const Json& reference : *references) {
    if (!reference.is_object()) continue;
    out.push_back({.api_version = reference.value("apiVersion", ""),
                   .kind = reference.value("kind", ""),
                   .name = reference.value("name", ""),
                   .uid = reference.value("uid", ""),
                   .block_owner_deletion = reference.value("blockOwnerDeletion", false)});
  }
  return out;
}

void OwnerIndex::Start(store::Store& store) {
  subscription_ = store.Subscribe([this](const std::vector<store::EventPtr>& events) {
    const std::scoped_lock lock(mutex_);
    for (const store::EventPtr& event : events) {
      if (event->previous) Drop(*event->previous);
      if (event->type != store::EventType::kDeleted) Put(*event->object);
    }
  });
  for (const api::Kind& kind : api::AllKinds()) {
    const store::Snapshot snapshot = store.List({.kind = kind.plural});
    const std::scoped_lock lock(mutex_);
    for (const store::ObjectPtr& object : snapshot.objects) Put(*object);
  }
}

void OwnerIndex::Put(const store::Object& object) {
  for (const OwnerRef& owner : OwnersOf(object)) dependents_[owner.uid].insert(object.key);
}

void OwnerIndex::Drop(const store::Object& object) {
  for (const OwnerRef& owner : OwnersOf(object)) {
    const auto found = dependents_.find(owner.uid);
    if (found == dependents_.end()) continue;
    found->second.erase(object.key);
    if (found->second.empty()) dependents_.erase(found);
  }
}

std::vector<store::Key> OwnerIndex::DependentsOf(const std::string& owner_uid) const {
  const std::scoped_lock lock(mutex_);
  const auto found = dependents_.find(owner_uid);
  if (found == dependents_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

std::vector<store::Key> OwnerIndex::AllDependents() const {
  const std::scoped_lock lock(mutex_);
  std::vector<store::Key> out;
  for (const auto& [uid, keys] : dependents_) out.insert(out.end(), keys.begin(), keys.end());
  return out;
}

}  // namespace osbx::reconcilers
