// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/object_table.h"

namespace osbx::apiserver::opensandbox {

ObjectTable::ObjectTable(store::Store& store, Clock& clock, std::string plural)
    : store_(store), clock_(clock), plural_(std::move(plural)) {
  subscription_ =
      store_.Subscribe([this](const std::vector<store::EventPtr>& events) { Follow(events); });
  Load();
}

ObjectTable::~ObjectTable() {
  Stop();
}

void ObjectTable::Stop() {
  stop_.request_stop();
  subscription_.Cancel();
}

// What Follow was told until now is in the list; what comes later waits there for the lock and is
// compared by its revision (as in ctrl::Cache).
void ObjectTable::Load() {
  const std::lock_guard lock(mutex_);
  const store::Snapshot snapshot = store_.List({.kind = plural_});
  for (const store::ObjectPtr& object : snapshot.objects) {
    by_age_[object->created] = object;
    by_uid_[object->uid] = object->created;
  }
  loaded_ = snapshot.revision;
}

void ObjectTable::Follow(const std::vector<store::EventPtr>& events) {
  for (const store::EventPtr& event : events) {
    if (event->object->key.kind != plural_) continue;
    const std::lock_guard lock(mutex_);
    if (loaded_ && event->revision > *loaded_) Take(*event);
  }
}

void ObjectTable::Take(const store::Event& event) {
  const store::ObjectPtr& object = event.object;
  const bool gone = event.type == store::EventType::kDeleted;
  if (gone) {
    if (const auto found = by_uid_.find(object->uid); found != by_uid_.end()) {
      by_age_.erase(found->second);
      by_uid_.erase(found);
    }
  } else {
    by_age_[object->created] = object;
    by_uid_[object->uid] = object->created;
  }
  const auto [begin, end] = waiters_.equal_range(object->uid);
  for (auto waiter = begin; waiter != end; ++waiter) {
    waiter->second->latest = gone ? nullptr : object;
    waiter->second->changed = true;
    waiter->second->wake.notify_all();
  }
}

store::ObjectPtr ObjectTable::Find(std::string_view uid) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_uid_.find(std::string(uid));
  return found == by_uid_.end() ? nullptr : by_age_.at(found->second);
}

std::vector<store::ObjectPtr> ObjectTable::NewestFirst() const {
  const std::lock_guard lock(mutex_);
  std::vector<store::ObjectPtr> objects;
  objects.reserve(by_age_.size());
  for (auto entry = by_age_.rbegin(); entry != by_age_.rend(); ++entry) {
    objects.push_back(entry->second);
  }
  return objects;
}

ObjectTable::Waited ObjectTable::WaitFor(const std::string& uid, Duration patience,
                                         const Settled& settled) {
  const MonoTime deadline = clock_.Mono() + patience;
  Waiter waiter;
  std::unique_lock lock(mutex_);
  if (const auto found = by_uid_.find(uid); found != by_uid_.end()) {
    waiter.latest = by_age_.at(found->second);
  }
  const auto place = waiters_.emplace(uid, &waiter);
  bool holds = false;
  while (waiter.changed) {
    waiter.changed = false;
    const store::ObjectPtr seen = waiter.latest;
    lock.unlock();
    holds = settled(seen);
    lock.lock();
    if (holds) break;
    clock_.WaitUntil(lock, waiter.wake, stop_.get_token(), deadline,
                     [&waiter] { return waiter.changed; });
  }
  const store::ObjectPtr last = waiter.latest;
  waiters_.erase(place);
  return {.object = last, .settled = holds};
}

}  // namespace osbx::apiserver::opensandbox
