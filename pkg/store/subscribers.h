// SPDX-License-Identifier: Apache-2.0
// Who is told about committed events. Thread-safe. The lock is held while a subscriber runs, which
// is what lets a dropped Subscription promise that its subscriber does not run any more.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "store/store.h"

namespace osbx::store {

class Subscribers {
 public:
  Subscription Add(Subscriber subscriber);
  void Notify(const std::vector<EventPtr>& events);

 private:
  struct State {
    std::mutex mutex;
    std::map<std::uint64_t, Subscriber> subscribers = {};  // in the order of their subscription
    std::uint64_t next_id = 0;
  };
  // Shared with the subscriptions, which may outlive the store.
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace osbx::store
