// SPDX-License-Identifier: Apache-2.0
// Turns writes into events on top of a table, before they are durable and visible: checks each
// against the state the earlier ones leave, gives it the next revision and stamps and serialises
// the object. A set of writes that fails leaves no trace and does not disturb others. One thread;
// the table must not change meanwhile.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "store/store.h"
#include "store/table.h"

namespace osbx::store {

// A write with its own copy of the body, to be stamped. Made by the caller of Commit, so that the
// copying is not the writer's work.
struct PreparedWrite {
  Write::Op op = Write::Op::kCreate;
  Key key = {};
  std::optional<Revision> expected = {};
  std::shared_ptr<Json> body = {};  // null: a deletion that keeps the present state
};
Result<std::vector<PreparedWrite>> Prepare(std::vector<Write> writes);

class Staging {
 public:
  explicit Staging(const Table& table) : table_(table), revision_(table.Current()) {}

  // As Store::Commit answers. May be called again with the same writes after this Staging was
  // dropped.
  Result<std::vector<ObjectPtr>> Add(const std::vector<PreparedWrite>& writes);

  const std::vector<EventPtr>& Events() const { return events_; }

 private:
  using Overlay = std::unordered_map<Key, ObjectPtr, KeyHash>;  // null: deleted

  ObjectPtr Find(const Overlay& own, const Key& key) const;
  Result<EventPtr> Stage(const Overlay& own, const PreparedWrite& write, Revision revision) const;

  const Table& table_;
  Revision revision_;
  Overlay overlay_;
  std::vector<EventPtr> events_;
};

}  // namespace osbx::store
