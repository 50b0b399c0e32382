// SPDX-License-Identifier: Apache-2.0
// Who writes an object next when several want to: optimism until somebody loses, then a queue.
// Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <mutex>

#include "store/store.h"

namespace osbx::registry {

// A writer plans on what it read and commits if nobody was faster. Alone, that costs nothing; in a
// crowd on one object a slow thread may lose for ever. So whoever lost takes the object's turn
// until it has won, and while a loser is there newcomers queue behind it instead of overtaking.
// Objects share their turns by hash: that may make a writer wait, never fail.
class Turns {
  struct Lane {
    std::mutex mutex;
    std::atomic<int> losers = 0;  // waiting for the turn, or having it
  };

 public:
  // One writer's way to its commit.
  class Turn {
   public:
    Turn(Turns& turns, const store::Key& object)
        : lane_(turns.lanes_[store::KeyHash{}(object) % kLanes]) {
      if (lane_.losers.load(std::memory_order_relaxed) > 0) Wait();
    }
    ~Turn() {
      if (lock_.owns_lock()) lane_.losers.fetch_sub(1, std::memory_order_relaxed);
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    // Somebody was faster: from here on this writer has the turn. Blocks until then.
    void Lost() {
      if (!lock_.owns_lock()) Wait();
    }

   private:
    void Wait() {
      lane_.losers.fetch_add(1, std::memory_order_relaxed);
      lock_ = std::unique_lock(lane_.mutex);
    }

    Lane& lane_;
    std::unique_lock<std::mutex> lock_;
  };

 private:
  static constexpr std::size_t kLanes = 64;
  std::array<Lane, kLanes> lanes_;
};

}  // namespace osbx::registry
