// SPDX-License-Identifier: Apache-2.0
// The desired and observed state of the world, in etcd's terms: objects under keys, one global
// revision, an event per change. Every write is conditional, atomic and durable; every change is
// seen once and in order by whoever follows the events, or it is told to list again (I8, I11).
// Objects are immutable once published. All of Store is thread-safe; reads never wait for the disk.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace osbx::store {

// One counter for all kinds. Every event has its own revision, without gaps; the first is 1.
using Revision = std::int64_t;

struct Key {
  std::string kind;  // plural resource name: "sandboxes"
  std::string ns;    // "" = cluster scope
  std::string name;

  auto operator<=>(const Key&) const = default;
};

std::string ToString(const Key& key);  // "sandboxes/default/train-1", "nodes/host-1"

struct KeyHash {
  std::size_t operator()(const Key& key) const;
};

struct Object {
  Key key;
  std::string uid;        // metadata.uid
  Revision revision = 0;  // of the last write; metadata.resourceVersion says the same
  Revision created = 0;   // of the first write
  JsonPtr body;           // the whole API object, never null
  std::shared_ptr<const std::string> bytes;  // body serialised once, for the wire; never null
};
using ObjectPtr = std::shared_ptr<const Object>;

enum class EventType { kAdded, kModified, kDeleted };

struct Event {
  Revision revision = 0;
  EventType type = EventType::kAdded;
  ObjectPtr object;    // kDeleted: the last state, stamped with the revision of the deletion
  ObjectPtr previous;  // null for kAdded
};
using EventPtr = std::shared_ptr<const Event>;

struct Write {
  enum class Op { kCreate, kUpdate, kDelete };

  Op op = Op::kCreate;
  Key key = {};
  std::optional<Revision> expected = {};  // update and delete: kConflict if it is not the current
  // The whole object; the store stamps metadata.resourceVersion on a copy. A delete may carry the
  // last state, or null for the present one.
  JsonPtr body = {};
};

struct Snapshot {
  Revision revision = 0;           // of the whole store at that moment
  std::vector<ObjectPtr> objects;  // sorted by namespace, then name
};

struct ListQuery {
  std::string kind = {};
  std::string ns = {};  // "" = all namespaces
  // All must be equal; answered by an inverted index.
  std::vector<std::pair<std::string, std::string>> labels = {};
};

// Called with the events of one durable batch, in order, before the Commit that made them returns.
// Runs on the store's writer: must be quick, may read the store, must neither Commit nor drop a
// Subscription.
using Subscriber = std::function<void(const std::vector<EventPtr>&)>;

// Ends a subscription when it goes: afterwards the subscriber is not running and never runs again.
// Move-only. May outlive the store.
class Subscription {
 public:
  Subscription() = default;
  explicit Subscription(std::function<void()> cancel) : cancel_(std::move(cancel)) {}
  Subscription(Subscription&& other) noexcept : cancel_(std::exchange(other.cancel_, nullptr)) {}
  Subscription& operator=(Subscription&& other) noexcept {
    if (this != &other) {
      Cancel();
      cancel_ = std::exchange(other.cancel_, nullptr);
    }
    return *this;
  }
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;
  ~Subscription() { Cancel(); }

  void Cancel() {
    if (cancel_) std::exchange(cancel_, nullptr)();
  }

 private:
  std::function<void()> cancel_;
};

class Store {
 public:
  virtual ~Store() = default;

  virtual ObjectPtr Find(const Key& key) const = 0;  // null when absent
  virtual Snapshot List(const ListQuery& query) const = 0;

  // As List was at `revision`. kExpired when it is below Oldest(), kInvalid when above Current().
  virtual Result<Snapshot> ListAt(const ListQuery& query, Revision revision) const = 0;

  // All writes or none, in order (a later write sees the earlier ones). Returns when they are
  // durable, visible to readers and delivered to subscribers: one object per write, for a delete
  // the last state with the revision of the deletion.
  //   kAlreadyExists, kNotFound, kConflict (stale `expected`), kInvalid (no body, not an object,
  //   not UTF-8); kUnavailable: the disk is full, nothing changed, reads go on;
  //   kUnavailable: closed, or the disk failed; nothing changed.
  virtual Result<std::vector<ObjectPtr>> Commit(std::vector<Write> writes) = 0;

  // Up to `max` events of `kind` ("" = all kinds) with a revision above `after`, oldest first.
  // kExpired when `after` is below Oldest(). A future `after` gives none.
  virtual Result<std::vector<EventPtr>> EventsAfter(const std::string& kind, Revision after,
                                                    std::size_t max) const = 0;

  virtual Revision Current() const = 0;  // 0 when nothing was ever written
  // The lowest revision one can still follow from: every event above it is kept.
  virtual Revision Oldest() const = 0;

  // Subscribe first, then List; events up to the list's revision are then known already.
  virtual Subscription Subscribe(Subscriber subscriber) = 0;
};

}  // namespace osbx::store
