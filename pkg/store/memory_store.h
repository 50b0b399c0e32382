// SPDX-License-Identifier: Apache-2.0
// A store that forgets everything with the process: for tests and for trying things out. Behaves as
// the durable one does. Thread-safe.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "store/store.h"
#include "store/subscribers.h"
#include "store/table.h"

namespace osbx::store {

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(Window window = {}) : table_(window) {}

  ObjectPtr Find(const Key& key) const override { return table_.Find(key); }
  Snapshot List(const ListQuery& query) const override { return table_.List(query); }
  Result<Snapshot> ListAt(const ListQuery& query, Revision revision) const override {
    return table_.ListAt(query, revision);
  }
  Result<std::vector<ObjectPtr>> Commit(std::vector<Write> writes) override;
  Result<std::vector<EventPtr>> EventsAfter(const std::string& kind, Revision after,
                                            std::size_t max) const override {
    return table_.EventsAfter(kind, after, max);
  }
  Revision Current() const override { return table_.Current(); }
  Revision Oldest() const override { return table_.Oldest(); }
  Subscription Subscribe(Subscriber subscriber) override {
    return subscribers_.Add(std::move(subscriber));
  }

 private:
  std::mutex commit_mutex_;  // one writer at a time
  Table table_;
  Subscribers subscribers_;
};

}  // namespace osbx::store
