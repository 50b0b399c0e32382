// SPDX-License-Identifier: Apache-2.0
// A run of events in order of their revisions: the latest as they were made, for those who follow
// closely, the older ones as text. Not thread-safe: Table locks.
#pragma once

#include <cstddef>
#include <deque>
#include <variant>
#include <vector>

#include "store/event_text.h"
#include "store/store.h"

namespace osbx::store {

using KeptEvent = std::variant<EventTextPtr, EventPtr>;

Revision RevisionOf(const KeptEvent& event);
// Parses text. Null: damaged.
EventPtr WholeOf(const KeptEvent& event);

class KeptEvents {
 public:
  std::size_t Size() const { return events_.size(); }

  void Push(EventPtr event) { events_.emplace_back(std::move(event)); }
  // As text from the start; only while there is no whole one.
  void Load(EventTextPtr event) {
    events_.emplace_back(std::move(event));
    ++texts_;
  }
  // Those with a revision above `after`, at most `max`.
  std::vector<KeptEvent> After(Revision after, std::size_t max) const;

  // Takes the oldest out as text.
  EventTextPtr Pop();
  // The oldest that is still whole becomes `text`. There is one.
  void Settle(EventTextPtr text);
  // The oldest that is still whole, while there are more than `most` of them; else null.
  EventPtr OldestWhole(std::size_t most) const;

 private:
  std::deque<KeptEvent> events_;
  std::size_t texts_ = 0;  // at the front
};

}  // namespace osbx::store
