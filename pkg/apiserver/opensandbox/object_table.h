// SPDX-License-Identifier: Apache-2.0
// The objects of one kind by uid (the SDK's ids) and from the newest to the oldest, and waiting for
// what becomes of one. Follows the store's commits: a waiter wakes when its object is written, it
// never polls. Thread-safe; one mutex.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "store/store.h"

namespace osbx::apiserver::opensandbox {

class ObjectTable {
 public:
  // `plural` names the kind. Loads at once; store and clock outlive the table.
  ObjectTable(store::Store& store, Clock& clock, std::string plural);
  ~ObjectTable();  // as Stop
  ObjectTable(const ObjectTable&) = delete;
  ObjectTable& operator=(const ObjectTable&) = delete;

  store::ObjectPtr Find(std::string_view uid) const;  // null when absent
  std::vector<store::ObjectPtr> NewestFirst() const;

  struct Waited {
    store::ObjectPtr object;  // the last state seen; null: it is gone
    bool settled = false;     // false: the patience was over, or the table was stopped
  };
  // Blocks until `settled` holds for the object's present state (null when it has gone). It is
  // called on the waiting thread without any lock.
  using Settled = std::function<bool(const store::ObjectPtr&)>;
  Waited WaitFor(const std::string& uid, Duration patience, const Settled& settled);

  // Ends the following and every wait. Idempotent.
  void Stop();

 private:
  // Lives on the stack of the thread that waits.
  struct Waiter {
    store::ObjectPtr latest;
    bool changed = true;
    std::condition_variable_any wake;
  };

  void Load();
  void Follow(const std::vector<store::EventPtr>& events);
  void Take(const store::Event& event);

  store::Store& store_;
  Clock& clock_;
  const std::string plural_;
  std::stop_source stop_;
  mutable std::mutex mutex_;  // guards the rest but the subscription
  std::optional<store::Revision> loaded_;
  std::map<store::Revision, store::ObjectPtr> by_age_;  // by the revision that created it
  std::unordered_map<std::string, store::Revision> by_uid_;
  std::multimap<std::string, Waiter*> waiters_;  // by uid
  store::Subscription subscription_;
};

}  // namespace osbx::apiserver::opensandbox
