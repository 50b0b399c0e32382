// SPDX-License-Identifier: Apache-2.0
// What a store holds in memory: the objects of each kind, an inverted index of their labels and the
// most recent events. Shared by all stores; a durable one adds only durability. Thread-safe for
// readers, whose lock is never held across input or output; Apply and Restore are called by one
// writer at a time.
#pragma once

#include <map>
#include <set>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/kept_events.h"
#include "store/store.h"

namespace osbx::store {

// How many events are kept for those who follow them. Whichever limit is reached first counts.
struct Window {
  std::size_t max_events = 10'000;
  // Of serialised objects. The latest few hundred take about six times that in memory.
  std::size_t max_bytes = std::size_t{6} << 20U;
};

class Table {
 public:
  explicit Table(Window window) : window_(window) {}

  ObjectPtr Find(const Key& key) const;
  Snapshot List(const ListQuery& query) const;
  Result<Snapshot> ListAt(const ListQuery& query, Revision revision) const;
  Result<std::vector<EventPtr>> EventsAfter(const std::string& kind, Revision after,
                                            std::size_t max) const;
  Revision Current() const;
  Revision Oldest() const;
  std::size_t WindowEvents() const;
  std::size_t WindowBytes() const;  // as Window::max_bytes counts

  // Makes events visible, all at once. Their revisions continue Current() without a gap. Returns
  // the revisions of which nobody can need the state any more: a durable store may forget them.
  std::vector<Revision> Apply(const std::vector<EventPtr>& events);

  struct State {
    std::vector<ObjectPtr> objects = {};
    std::vector<EventTextPtr> events = {};  // those in (oldest, current], without a gap
    Revision current = 0;
    Revision oldest = 0;
  };
  // Fills an empty table; returns as Apply does.
  std::vector<Revision> Restore(const State& state);

 private:
  using Name = std::pair<std::string, std::string>;  // namespace, name
  using Objects = std::map<Name, ObjectPtr>;
  using Slot = Objects::value_type;  // stays where it is while the object exists
  struct SlotLess {
    bool operator()(const Slot* a, const Slot* b) const { return a->first < b->first; }
  };
  using Slots = std::set<const Slot*, SlotLess>;
  using Label = std::pair<std::string, std::string>;
  struct KindTable {
    Objects objects = {};
    std::map<Label, Slots> labels = {};
    KeptEvents events = {};
  };

  const KindTable* FindKind(const std::string& kind) const;
  static void Put(KindTable& table, const ObjectPtr& object);
  static void Remove(KindTable& table, const Key& key);
  static void Index(KindTable& table, const Slot& slot);
  static void Unindex(KindTable& table, const Slot& slot);
  static std::vector<ObjectPtr> Select(const KindTable& table, const ListQuery& query);
  void Push(const EventPtr& event);
  std::vector<EventPtr> Settle();
  std::vector<EventTextPtr> Trim();

  const Window window_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, KindTable> kinds_;
  KeptEvents events_;  // of all kinds
  std::size_t event_bytes_ = 0;
  Revision current_ = 0;
  Revision oldest_ = 0;
};

}  // namespace osbx::store
