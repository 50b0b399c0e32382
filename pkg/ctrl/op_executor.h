// SPDX-License-Identifier: Apache-2.0
// Runs the slow work of reconcilers – mounts, pulls, stops with grace – on its own threads, at most
// one operation per key (I6), and remembers how the last one of a key ended and when it may be
// tried again. This memory is safe to lose: a reconciler asks the world again. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/thread_pool.h"
#include "ctrl/rate_limiter.h"
#include "store/store.h"

namespace osbx::ctrl {

// How the last operation of a key ended.
struct LastOp {
  std::string name = {};
  std::optional<Error> error = {};  // absent: it succeeded
  int attempts = 0;                 // failures in a row of this name; 0 after a success
  MonoTime finished_at = {};
  MonoTime next_allowed = {};  // Start refuses the same name before; finished_at after a success
};

enum class OpStart {
  kStarted,
  kBusy,        // an operation of this key is queued or runs
  kBackingOff,  // the same operation failed a short while ago: see LastOp::next_allowed
  kStopped,     // shutting down
};

class OpExecutor {
 public:
  // Ends soon after the token is set. An exception counts as kInternal, a bug.
  using Operation = std::function<Result<>(const std::stop_token&)>;

  struct Options {
    std::size_t threads = 8;  // 0: the owner calls RunOne
    Backoff backoff = {.first = std::chrono::seconds(1), .most = std::chrono::minutes(5)};
    // Called after each operation, when Busy is false and Last tells of it; no lock is held.
    // Enqueue the key here.
    std::function<void(const store::Key&)> on_done = {};
  };

  OpExecutor(Clock& clock, Options options);
  // Stops without a deadline: no operation may outlive what it refers to.
  ~OpExecutor();

  OpStart Start(const store::Key& key, std::string name, Operation operation);

  // Runs the operation that waits longest, on the caller's thread. False: there is none.
  bool RunOne() { return pool_.RunOne(); }

  bool Busy(const store::Key& key) const;
  // The name of the running one, or "".
  std::string Running(const store::Key& key) const;
  std::optional<LastOp> Last(const store::Key& key) const;
  // Of an object that is gone, or changed so that the next try must not wait. While an operation
  // runs, its end will be remembered.
  void Forget(const store::Key& key);
  // Asks the running operation of the key to end; on_done tells when it has.
  void Cancel(const store::Key& key);
  std::size_t InFlight() const;

  // No new operations; sets the tokens of all and waits. kDeadlineExceeded names those that still
  // run; the call may be repeated.
  Result<> Stop(Duration deadline);

 private:
  struct Slot {
    bool busy = false;
    std::string running = {};
    std::stop_source stop = {};
    std::optional<LastOp> last = {};
  };
  using Slots = std::unordered_map<store::Key, Slot, store::KeyHash>;

  void Run(const store::Key& key, const std::string& name, const Operation& operation,
           const std::stop_token& stop);
  void Finish(const store::Key& key, const std::string& name, Result<> result);

  Clock& clock_;
  const Options options_;
  mutable std::mutex mutex_;  // guards the three below
  Slots slots_;
  std::size_t in_flight_ = 0;
  bool stopped_ = false;
  std::condition_variable finished_;
  ThreadPool pool_;  // last: its threads use all the above
};

}  // namespace osbx::ctrl
