// SPDX-License-Identifier: Apache-2.0
// All controllers of a process: started in the order they were added, stopped in reverse, fed from
// one subscription to the store. Other sources of news (docker events, mountinfo, finished
// operations) only enqueue keys. Controllers are added before Start; then thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "ctrl/controller.h"
#include "store/store.h"

namespace osbx::ctrl {

class Manager {
 public:
  // The cache must be started first, so that each commit reaches it before the controllers.
  // Without `threads` nothing is worked at but by RunOne, whatever the controllers ask for.
  Manager(store::Store& store, Clock& clock, bool threads = true)
      : store_(store), clock_(clock), threads_(threads) {}
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  ~Manager() { Stop(); }

  void Add(ControllerOptions options);

  void Start();
  void Stop();  // idempotent

  // Unknown controllers are ignored: a source may serve controllers a process does not run.
  void Enqueue(std::string_view controller, const Key& key);
  // To every controller whose primary kind is key.kind, e.g. when an operation on it has ended.
  void Enqueue(const Key& key);
  void EnqueueAll(std::string_view controller);  // every object of its primary kind

  // Works at one key of the n-th controller on the caller's thread. False: none is due.
  bool RunOne(std::size_t controller);
  std::size_t Size() const { return controllers_.size(); }

  std::vector<ControllerStats> Stats() const;

  // Waits until no key is queued or worked at anywhere; delayed ones do not count. False at the
  // deadline (real time).
  bool Drain(std::chrono::steady_clock::duration deadline = std::chrono::seconds(30));

 private:
  struct Entry {
    std::string kind = {};
    std::unique_ptr<Controller> controller = {};
  };

  std::uint64_t Activity() const;

  store::Store& store_;
  Clock& clock_;
  const bool threads_;
  std::vector<Entry> controllers_;
  store::Subscription subscription_;
};

}  // namespace osbx::ctrl
