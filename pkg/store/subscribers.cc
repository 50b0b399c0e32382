// SPDX-License-Identifier: Apache-2.0
#include "store/subscribers.h"

#include <utility>

namespace osbx::store {

Subscription Subscribers::Add(Subscriber subscriber) {
  const std::lock_guard lock(state_->mutex);
  const std::uint64_t id = state_->next_id++;
  state_->subscribers.emplace(id, std::move(subscriber));
  return Subscription([state = state_, id] {
    const std::lock_guard cancel_lock(state->mutex);
    state->subscribers.erase(id);
  });
}

void Subscribers::Notify(const std::vector<EventPtr>& events) {
  const std::lock_guard lock(state_->mutex);
  for (const auto& [id, subscriber] : state_->subscribers) subscriber(events);
}

}  // namespace osbx::store
