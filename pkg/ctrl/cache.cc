// SPDX-License-Identifier: Apache-2.0
#include "ctrl/cache.h"

#include <algorithm>

namespace osbx::ctrl {

void Cache::Take(CachedKind& kind, const store::Key& key, bool present,
                 std::shared_ptr<const void> value) {
  if (present && !value) {
    kind.undecodable.insert(key);
  } else {
    kind.undecodable.erase(key);
  }
  kind.Put(key, std::move(value));
}

void Cache::Start() {
  subscription_ =
      store_.Subscribe([this](const std::vector<store::EventPtr>& events) { Follow(events); });
  // A commit is in the lists of the store before it is told: what Follow was told until now is in
  // the list, and what comes later waits there for the lock and is compared by its revision.
  const std::unique_lock lock(mutex_);
  for (const auto& [plural, kind] : kinds_) {
    const store::Snapshot snapshot = store_.List({.kind = plural});
    for (const store::ObjectPtr& object : snapshot.objects) {
      Take(*kind, object->key, true, kind->Decode(*object));
    }
    kind->loaded = snapshot.revision;
  }
}

bool Cache::Filled() const {
  const std::shared_lock lock(mutex_);
  return std::ranges::all_of(kinds_,
                             [](const auto& kind) { return kind.second->loaded.has_value(); });
}

void Cache::Follow(const std::vector<store::EventPtr>& events) {
  struct Change {
    CachedKind* kind = nullptr;
    const store::Event* event = nullptr;
    std::shared_ptr<const void> value = {};
  };
  std::vector<Change> changes;
  for (const store::EventPtr& event : events) {
    const auto found = kinds_.find(event->object->key.kind);  // the map is fixed since Start
    if (found == kinds_.end()) continue;
    Change change{.kind = found->second.get(), .event = event.get()};
    if (event->type != store::EventType::kDeleted) {
      change.value = change.kind->Decode(*event->object);
    }
    changes.push_back(std::move(change));
  }
  if (changes.empty()) return;
  const std::unique_lock lock(mutex_);
  for (Change& change : changes) {
    const auto loaded = change.kind->loaded;
    if (!loaded || change.event->revision <= *loaded) continue;
    Take(*change.kind, change.event->object->key, change.event->type != store::EventType::kDeleted,
         std::move(change.value));
  }
}

}  // namespace osbx::ctrl
