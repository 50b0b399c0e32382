// SPDX-License-Identifier: Apache-2.0
// Turns changes of objects into calls of one reconcile function, from a few worker threads, never
// two at once for one key (I6). Errors are retried with a growing delay, conflicts silently; a key
// is looked at again after `resync` even if nothing is heard of it. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ctrl/rate_limiter.h"
#include "ctrl/work_queue.h"
#include "store/store.h"

namespace osbx::ctrl {

// "Nothing more", or "again after this".
struct Outcome {
  std::optional<Duration> after = {};
};

// Which keys a change of another kind concerns. `map` runs within the commit: it must be quick, and
// may look at the cache.
struct Watch {
  std::string kind = {};
  std::function<std::vector<Key>(const store::Event&)> map = {};
};

struct ControllerOptions {
  std::string name = {};
  std::string kind = {};  // primary: each change of an object enqueues its own key
  std::vector<Watch> watches = {};
  std::function<Result<Outcome>(const Key&)> reconcile = {};
  std::size_t workers = 1;  // 0: the owner calls RunOne
  // Of objects of the primary kind that exist; zero: never.
  Duration resync = std::chrono::minutes(10);
  Backoff backoff = {};
};

// Upper bounds of the buckets of reconcile durations; the last one is infinite.
inline constexpr std::array kReconcileBucketsSeconds = {0.0001, 0.001, 0.01, 0.1, 1.0, 10.0};

// Everything since the start.
struct ControllerStats {
  std::string name = {};
  std::uint64_t succeeded = 0;
  std::uint64_t again = 0;  // succeeded, and asked to be called again
  std::uint64_t conflicts = 0;
  std::uint64_t failed = 0;
  std::uint64_t threw = 0;  // bugs
  double seconds = 0;       // spent in reconcile, in all
  std::array<std::uint64_t, kReconcileBucketsSeconds.size() + 1> buckets = {};  // not cumulative
  std::size_t queued = 0;
  std::size_t delayed = 0;
  std::size_t workers = 0;
};

class Controller {
 public:
  Controller(ControllerOptions options, const store::Store& store, Clock& clock);
  ~Controller() { Stop(); }

  // Enqueues every object of the primary kind, then works.
  void Start();
  // Waits for the reconciles under way; what is queued stays undone. Idempotent.
  void Stop();

  // Works at one key that is due, on the caller's thread. False: there is none.
  bool RunOne();

  void Enqueue(const Key& key) { queue_.Add(key); }
  // Feeds what has been committed.
  void Handle(const store::Event& event);

  const std::string& name() const { return options_.name; }
  WorkQueue& queue() { return queue_; }
  const WorkQueue& queue() const { return queue_; }
  ControllerStats Stats() const;

 private:
  void Work(const std::stop_token& stop);
  void WorkAt(const Key& key);
  Result<Outcome> Reconcile(const Key& key);
  void Settle(const Key& key, const Result<Outcome>& result);
  void Measure(Duration took);

  const ControllerOptions options_;
  const store::Store& store_;
  WorkQueue queue_;

  std::atomic<std::uint64_t> succeeded_ = 0;
  std::atomic<std::uint64_t> again_ = 0;
  std::atomic<std::uint64_t> conflicts_ = 0;
  std::atomic<std::uint64_t> failed_ = 0;
  std::atomic<std::uint64_t> threw_ = 0;
  std::atomic<std::uint64_t> nanoseconds_ = 0;
  std::array<std::atomic<std::uint64_t>, kReconcileBucketsSeconds.size() + 1> buckets_ = {};

  std::vector<std::jthread> workers_;  // last: they use all the above
};

}  // namespace osbx::ctrl
