// SPDX-License-Identifier: Apache-2.0
#include "store/table.h"

#include <mutex>
#include <utility>

#include "store/labels.h"

namespace osbx::store {
namespace {

bool InNamespace(const std::string& ns, const std::string& wanted) {
  return wanted.empty() || ns == wanted;
}

// Kept whole for those who follow: a watcher is seldom further behind. Parsing is cheap enough for
// the others.
constexpr std::size_t kWholeEvents = 256;

Error Expired(Revision revision, Revision oldest) {
  return Error(Code::kExpired, "revision " + std::to_string(revision) +
                                   " is no longer kept, the oldest is " + std::to_string(oldest));
}

}  // namespace

const Table::KindTable* Table::FindKind(const std::string& kind) const {
  const auto found = kinds_.find(kind);
  return found == kinds_.end() ? nullptr : &found->second;
}

ObjectPtr Table::Find(const Key& key) const {
  const std::shared_lock lock(mutex_);
  const KindTable* table = FindKind(key.kind);
  if (table == nullptr) return nullptr;
  const auto found = table->objects.find({key.ns, key.name});
  return found == table->objects.end() ? nullptr : found->second;
}

// Walks the smallest of the sets the query names, so a selective label costs what it selects.
std::vector<ObjectPtr> Table::Select(const KindTable& table, const ListQuery& query) {
  std::vector<ObjectPtr> result;
  const Name first{query.ns, ""};
  if (query.labels.empty()) {
    auto slot = query.ns.empty() ? table.objects.begin() : table.objects.lower_bound(first);
    for (; slot != table.objects.end() && InNamespace(slot->first.first, query.ns); ++slot) {
      result.push_back(slot->second);
    }
    return result;
  }
  const Slots* smallest = nullptr;
  for (const Label& label : query.labels) {
    const auto found = table.labels.find(label);
    if (found == table.labels.end()) return result;
    if (smallest == nullptr || found->second.size() < smallest->size()) smallest = &found->second;
  }
  const Slot bound{first, nullptr};
  auto slot = query.ns.empty() ? smallest->begin() : smallest->lower_bound(&bound);
  for (; slot != smallest->end() && InNamespace((*slot)->first.first, query.ns); ++slot) {
    if (HasLabels(*(*slot)->second->body, query.labels)) result.push_back((*slot)->second);
  }
  return result;
}

Snapshot Table::List(const ListQuery& query) const {
  const std::shared_lock lock(mutex_);
  const KindTable* table = FindKind(query.kind);
  return {.revision = current_,
          .objects = table == nullptr ? std::vector<ObjectPtr>{} : Select(*table, query)};
}

Result<Snapshot> Table::ListAt(const ListQuery& query, Revision revision) const {
  std::vector<ObjectPtr> present;
  std::vector<KeptEvent> later;
  Revision oldest = 0;
  {
    const std::shared_lock lock(mutex_);
    if (revision > current_) {
      return Error(Code::kInvalid, "revision " + std::to_string(revision) +
                                       " is in the future, the current is " +
                                       std::to_string(current_));
    }
    if (revision < oldest_) return Expired(revision, oldest_);
    const KindTable* table = FindKind(query.kind);
    if (table == nullptr) return Snapshot{.revision = revision, .objects = {}};
    later = table->events.After(revision, table->events.Size());
    if (later.empty()) {
      return Snapshot{.revision = revision, .objects = Select(*table, query)};
    }
    oldest = oldest_;
    // Labels may have differed then: they are compared after the way back.
    present = Select(*table, {.kind = query.kind, .ns = query.ns, .labels = {}});
  }
  Objects objects;
  for (ObjectPtr& object : present) {
    Name name{object->key.ns, object->key.name};
    objects.emplace_hint(objects.end(), std::move(name), std::move(object));
  }
  for (auto kept = later.rbegin(); kept != later.rend(); ++kept) {
    const EventPtr event = WholeOf(*kept);
    if (!event) return Expired(revision, oldest);
    const Key& key = event->object->key;
    if (!InNamespace(key.ns, query.ns)) continue;
    if (event->type == EventType::kAdded) {
      objects.erase({key.ns, key.name});
    } else {
      objects[{key.ns, key.name}] = event->previous;
    }
  }
  Snapshot snapshot{.revision = revision, .objects = {}};
  for (auto& [name, object] : objects) {
    if (HasLabels(*object->body, query.labels)) snapshot.objects.push_back(std::move(object));
  }
  return snapshot;
}

Result<std::vector<EventPtr>> Table::EventsAfter(const std::string& kind, Revision after,
                                                 std::size_t max) const {
  std::vector<KeptEvent> kept;
  Revision oldest = 0;
  {
    const std::shared_lock lock(mutex_);
    if (after < oldest_) return Expired(after, oldest_);
    oldest = oldest_;
    if (kind.empty()) {
      kept = events_.After(after, max);
    } else if (const KindTable* table = FindKind(kind)) {
      kept = table->events.After(after, max);
    }
  }
  std::vector<EventPtr> result;
  result.reserve(kept.size());
  for (const KeptEvent& event : kept) {
    result.push_back(WholeOf(event));
    if (!result.back()) return Expired(after, oldest);  // damaged: to be listed again
  }
  return result;
}

Revision Table::Current() const {
  const std::shared_lock lock(mutex_);
  return current_;
}

Revision Table::Oldest() const {
  const std::shared_lock lock(mutex_);
  return oldest_;
}

std::size_t Table::WindowEvents() const {
  const std::shared_lock lock(mutex_);
  return events_.Size();
}

std::size_t Table::WindowBytes() const {
  const std::shared_lock lock(mutex_);
  return event_bytes_;
}

void Table::Index(KindTable& table, const Slot& slot) {
  for (Label& label : LabelsOf(*slot.second->body)) {
    table.labels[std::move(label)].insert(&slot);
  }
}

void Table::Unindex(KindTable& table, const Slot& slot) {
  for (const Label& label : LabelsOf(*slot.second->body)) {
    const auto found = table.labels.find(label);
    if (found == table.labels.end()) continue;
    found->second.erase(&slot);
    if (found->second.empty()) table.labels.erase(found);
  }
}

void Table::Put(KindTable& table, const ObjectPtr& object) {
  const auto [slot, added] = table.objects.try_emplace({object->key.ns, object->key.name}, object);
  if (added) {
    Index(table, *slot);
  } else if (SameLabels(*slot->second->body, *object->body)) {
    slot->second = object;
  } else {
    Unindex(table, *slot);
    slot->second = object;
    Index(table, *slot);
  }
}

void Table::Remove(KindTable& table, const Key& key) {
  const auto slot = table.objects.find({key.ns, key.name});
  if (slot == table.objects.end()) return;
  Unindex(table, *slot);
  table.objects.erase(slot);
}

void Table::Push(const EventPtr& event) {
  events_.Push(event);
  kinds_[event->object->key.kind].events.Push(event);
  event_bytes_ += event->object->bytes->size();
  current_ = event->revision;
}

// Keeps all but the latest as text. The caller destroys the whole ones without the lock.
std::vector<EventPtr> Table::Settle() {
  std::vector<EventPtr> settled;
  while (EventPtr whole = events_.OldestWhole(kWholeEvents)) {
    const auto text = std::make_shared<const EventText>(TextOf(*whole));
    events_.Settle(text);
    kinds_[text->key.kind].events.Settle(text);
    settled.push_back(std::move(whole));
  }
  return settled;
}

// Takes the events out that no longer fit the window. The caller destroys them without the lock.
std::vector<EventTextPtr> Table::Trim() {
  std::vector<EventTextPtr> trimmed;
  while (events_.Size() > 0 &&
         (events_.Size() > window_.max_events || event_bytes_ > window_.max_bytes)) {
    EventTextPtr event = events_.Pop();
    kinds_[event->key.kind].events.Pop();
    event_bytes_ -= event->object.bytes->size();
    oldest_ = event->object.revision;
    trimmed.push_back(std::move(event));
  }
  return trimmed;
}

namespace {

// Before a trimmed event one cannot look back: the state it replaced is not needed any more, nor is
// the last state of what it deleted.
std::vector<Revision> Forgotten(const std::vector<EventTextPtr>& trimmed) {
  std::vector<Revision> result;
  for (const EventTextPtr& event : trimmed) {
    if (event->previous) result.push_back(event->previous->revision);
    if (event->type == EventType::kDeleted) result.push_back(event->object.revision);
  }
  return result;
}

}  // namespace

std::vector<Revision> Table::Apply(const std::vector<EventPtr>& events) {
  std::vector<EventTextPtr> trimmed;  // these three are kept alive until the lock is gone
  std::vector<EventPtr> settled;
  std::vector<ObjectPtr> replaced;
  replaced.reserve(events.size());
  {
    const std::unique_lock lock(mutex_);
    for (const EventPtr& event : events) {
      KindTable& table = kinds_[event->object->key.kind];
      replaced.push_back(event->previous);
      if (event->type == EventType::kDeleted) {
        Remove(table, event->object->key);
      } else {
        Put(table, event->object);
      }
      Push(event);
    }
    settled = Settle();
    trimmed = Trim();
  }
  return Forgotten(trimmed);
}

std::vector<Revision> Table::Restore(const State& state) {
  std::vector<EventTextPtr> trimmed;
  {
    const std::unique_lock lock(mutex_);
    for (const ObjectPtr& object : state.objects) Put(kinds_[object->key.kind], object);
    oldest_ = state.oldest;
    for (const EventTextPtr& event : state.events) {
      events_.Load(event);
      kinds_[event->key.kind].events.Load(event);
      event_bytes_ += event->object.bytes->size();
    }
    current_ = state.current;
    trimmed = Trim();
  }
  return Forgotten(trimmed);
}

}  // namespace osbx::store
