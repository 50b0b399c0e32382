// SPDX-License-Identifier: Apache-2.0
// The store as typed, immutable snapshots with indexes, for reconcilers. It is updated within the
// commit itself, before Commit returns: whoever writes reads its own writes. Thread-safe after
// Start; kinds and indexes are declared before it.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "store/store.h"

namespace osbx::ctrl {

// One kind in the cache, without its type.
class CachedKind {
 public:
  virtual ~CachedKind() = default;
  // Decodes outside the lock …
  virtual std::shared_ptr<const void> Decode(const store::Object& object) const = 0;
  // … and takes over, under it. Null: the object is gone.
  virtual void Put(const store::Key& key, std::shared_ptr<const void> value) = 0;

  std::optional<store::Revision> loaded = {};  // events up to this one are known; absent: not yet
  std::set<store::Key> undecodable = {};       // see Cache::Complete
};

// T is a generated struct: `static constexpr kPlural`, `static Result<T> FromJson(const Json&)`.
template <class T>
class TypedKind final : public CachedKind {
 public:
  using Ptr = std::shared_ptr<const T>;
  using Values = std::function<std::vector<std::string>(const T&)>;

  std::shared_ptr<const void> Decode(const store::Object& object) const override {
    Result<T> value = T::FromJson(*object.body);
    if (value) return std::make_shared<const T>(*std::move(value));
    log::Error("an object in the store cannot be read",
               {{"key", store::ToString(object.key)}, {"error", value.error().ToString()}});
    return nullptr;
  }

  void Put(const store::Key& key, std::shared_ptr<const void> value) override {
    const Name name{key.ns, key.name};
    if (const auto old = objects_.find(name); old != objects_.end()) {
      Unindex(*old);
      objects_.erase(old);
    }
    if (!value) return;
    const auto slot =
        objects_.emplace(name, std::static_pointer_cast<const T>(std::move(value))).first;
    for (auto& [unused, index] : indexes_) {
      for (const std::string& key_value : index.values(*slot->second)) {
        index.slots[key_value].insert(&*slot);
      }
    }
  }

  void AddIndex(const std::string& name, Values values) {
    indexes_[name] = {.values = std::move(values), .slots = {}};
  }

  Ptr Find(const store::Key& key) const {
    const auto found = objects_.find({key.ns, key.name});
    return found == objects_.end() ? nullptr : found->second;
  }
  std::vector<Ptr> List(const std::string& ns) const {
    std::vector<Ptr> result;
    auto slot = ns.empty() ? objects_.begin() : objects_.lower_bound({ns, ""});
    for (; slot != objects_.end() && (ns.empty() || slot->first.first == ns); ++slot) {
      result.push_back(slot->second);
    }
    return result;
  }
  std::vector<Ptr> ByIndex(const std::string& name, const std::string& value) const {
    std::vector<Ptr> result;
    if (const Slots* slots = FindSlots(name, value)) {
      for (const Slot* slot : *slots) result.push_back(slot->second);
    }
    return result;
  }
  std::size_t Count(const std::string& name, const std::string& value) const {
    const Slots* slots = FindSlots(name, value);
    return slots == nullptr ? 0 : slots->size();
  }
  std::size_t Size() const { return objects_.size(); }

 private:
  using Name = std::pair<std::string, std::string>;  // namespace, name
  using Objects = std::map<Name, Ptr>;
  using Slot = typename Objects::value_type;  // stays where it is while the object exists
  struct SlotLess {
    bool operator()(const Slot* a, const Slot* b) const { return a->first < b->first; }
  };
  using Slots = std::set<const Slot*, SlotLess>;
  struct Index {
    Values values = {};
    std::unordered_map<std::string, Slots> slots = {};
  };

  void Unindex(const Slot& slot) {
    for (auto& [unused, index] : indexes_) {
      for (const std::string& value : index.values(*slot.second)) {
        const auto found = index.slots.find(value);
        if (found == index.slots.end()) continue;
        found->second.erase(&slot);
        if (found->second.empty()) index.slots.erase(found);
      }
    }
  }
  // An unknown index is a bug: at() says so.
  const Slots* FindSlots(const std::string& name, const std::string& value) const {
    const Index& index = indexes_.at(name);
    const auto found = index.slots.find(value);
    return found == index.slots.end() ? nullptr : &found->second;
  }

  Objects objects_;
  std::map<std::string, Index> indexes_;
};

class Cache {
 public:
  explicit Cache(store::Store& store) : store_(store) {}
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // ---- Before Start ----

  template <class T>
  void AddKind() {
    kinds_.try_emplace(std::string(T::kPlural), std::make_unique<TypedKind<T>>());
  }
  // `values` must be pure; several values per object are fine, each once.
  template <class T>
  void AddIndex(const std::string& name, typename TypedKind<T>::Values values) {
    AddKind<T>();
    dynamic_cast<TypedKind<T>&>(*kinds_.at(std::string(T::kPlural)))
        .AddIndex(name, std::move(values));
  }

  // Loads and begins to follow. Before the controllers start, so that it is updated before them.
  void Start();
  // Follows no longer; what it has stays readable.
  void Stop() { subscription_.Cancel(); }

  // Whether Start has loaded every kind.
  bool Filled() const;

  // ---- After Start. An undeclared kind or index is a bug and throws std::out_of_range ----

  template <class T>
  std::shared_ptr<const T> Get(const store::Key& key) const {
    const std::shared_lock lock(mutex_);
    return Typed<T>().Find(key);
  }
  // Sorted by namespace, then name. `ns` "" = all.
  template <class T>
  std::vector<std::shared_ptr<const T>> List(const std::string& ns = "") const {
    const std::shared_lock lock(mutex_);
    return Typed<T>().List(ns);
  }
  template <class T>
  std::vector<std::shared_ptr<const T>> ByIndex(const std::string& name,
                                                const std::string& value) const {
    const std::shared_lock lock(mutex_);
    return Typed<T>().ByIndex(name, value);
  }
  template <class T>
  std::size_t Count(const std::string& name, const std::string& value) const {
    const std::shared_lock lock(mutex_);
    return Typed<T>().Count(name, value);
  }
  template <class T>
  std::size_t Size() const {
    const std::shared_lock lock(mutex_);
    return Typed<T>().Size();
  }
  // False while the store holds an object of this kind that cannot be decoded: it is absent here,
  // and "nobody uses it" must not be concluded from that. Its last readable state is not kept.
  template <class T>
  bool Complete() const {
    const std::shared_lock lock(mutex_);
    return Typed<T>().undecodable.empty();
  }

 private:
  template <class T>
  const TypedKind<T>& Typed() const {
    return dynamic_cast<const TypedKind<T>&>(*kinds_.at(std::string(T::kPlural)));
  }
  void Follow(const std::vector<store::EventPtr>& events);
  static void Take(CachedKind& kind, const store::Key& key, bool present,
                   std::shared_ptr<const void> value);

  store::Store& store_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::unique_ptr<CachedKind>> kinds_;
  store::Subscription subscription_;
};

}  // namespace osbx::ctrl
