// SPDX-License-Identifier: Apache-2.0
// The writes of one attempt, and the store as it would be after them: later items of a batch see
// what earlier ones would make. One thread; short-lived.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "store/store.h"

namespace osbx::registry {

class Pending {
 public:
  explicit Pending(const store::Store& store) : store_(store) {}

  // The object as it would be; null when absent or to be removed. `bytes` of an object that is not
  // stored yet is null. The store is asked once per key: what was decided on is what the commit
  // expects, so that nobody's write in between is lost.
  store::ObjectPtr Find(const store::Key& key);

  void Put(const store::Key& key, JsonPtr body);     // creates, or updates what Find gave
  void Remove(const store::Key& key, JsonPtr last);  // what Find gave; `last` is its last state

  bool Empty() const { return order_.empty(); }  // nothing to write
  // The writes, in order of their first mention. Index i of the result of Commit belongs to key i.
  std::vector<store::Write> Writes() const;

  // The object of `key` as a reader would get it after the commit, but for its revision.
  store::ObjectPtr Preview(const store::Key& key) const;

 private:
  struct Entry {
    store::ObjectPtr stored;   // null: the object is new
    store::ObjectPtr pending;  // null: not written; the last state if removed
    bool removed = false;
  };
  Entry& Read(const store::Key& key);
  Entry& Touch(const store::Key& key);

  const store::Store& store_;
  std::map<store::Key, Entry> entries_;
  std::vector<store::Key> order_;  // of the writes
};

}  // namespace osbx::registry
