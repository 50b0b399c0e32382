// SPDX-License-Identifier: Apache-2.0
#include "store/kept_events.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace osbx::store {

Revision RevisionOf(const KeptEvent& event) {
  if (const auto* whole = std::get_if<EventPtr>(&event)) return (*whole)->revision;
  return std::get<EventTextPtr>(event)->object.revision;
}

EventPtr WholeOf(const KeptEvent& event) {
  if (const auto* whole = std::get_if<EventPtr>(&event)) return *whole;
  return Parse(*std::get<EventTextPtr>(event));
}

std::vector<KeptEvent> KeptEvents::After(Revision after, std::size_t max) const {
  const auto first = std::ranges::upper_bound(events_, after, {}, RevisionOf);
  const auto count = std::min(max, static_cast<std::size_t>(events_.end() - first));
  return {first, first + static_cast<std::ptrdiff_t>(count)};
}

EventTextPtr KeptEvents::Pop() {
  const KeptEvent oldest = std::move(events_.front());
  events_.pop_front();
  if (texts_ > 0) {
    --texts_;
    return std::get<EventTextPtr>(oldest);
  }
  return std::make_shared<const EventText>(TextOf(*std::get<EventPtr>(oldest)));
}

void KeptEvents::Settle(EventTextPtr text) {
  events_[texts_++] = std::move(text);
}

EventPtr KeptEvents::OldestWhole(std::size_t most) const {
  return events_.size() - texts_ > most ? std::get<EventPtr>(events_[texts_]) : nullptr;
}

}  // namespace osbx::store
