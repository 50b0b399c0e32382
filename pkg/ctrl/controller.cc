// SPDX-License-Identifier: Apache-2.0
#include "ctrl/controller.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"
#include "base/thread_pool.h"

namespace osbx::ctrl {

Controller::Controller(ControllerOptions options, const store::Store& store, Clock& clock)
    : options_(std::move(options)), store_(store), queue_(clock, options_.backoff) {}

void Controller::Start() {
  for (const store::ObjectPtr& object : store_.List({.kind = options_.kind}).objects) {
    queue_.Add(object->key);
  }
  for (std::size_t i = 0; i < options_.workers; ++i) {
    workers_.emplace_back([this, i](const std::stop_token& stop) {
      NameThisThread(options_.name + "-" + std::to_string(i));
      Work(stop);
    });
  }
}

void Controller::Stop() {
  for (std::jthread& worker : workers_) worker.request_stop();
  workers_.clear();
}

void Controller::Handle(const store::Event& event) {
  const std::string& kind = event.object->key.kind;
  if (kind == options_.kind) queue_.Add(event.object->key);
  for (const Watch& watch : options_.watches) {
    if (watch.kind != kind) continue;
    for (const Key& key : watch.map(event)) queue_.Add(key);
  }
}

void Controller::Work(const std::stop_token& stop) {
  while (const std::optional<Key> key = queue_.Take(stop)) WorkAt(*key);
}

bool Controller::RunOne() {
  const std::optional<Key> key = queue_.TryTake();
  if (key) WorkAt(*key);
  return key.has_value();
}

void Controller::WorkAt(const Key& key) {
  const auto begin = std::chrono::steady_clock::now();
  const Result<Outcome> result = Reconcile(key);
  Measure(std::chrono::steady_clock::now() - begin);
  Settle(key, result);
  queue_.Done(key);
}

Result<Outcome> Controller::Reconcile(const Key& key) {
  try {
    return options_.reconcile(key);
  } catch (const std::exception& exception) {
    ++threw_;
    return Error(Code::kInternal, std::string("reconcile threw: ") + exception.what());
  } catch (...) {
    ++threw_;
    return Error(Code::kInternal, "reconcile threw");
  }
}

void Controller::Settle(const Key& key, const Result<Outcome>& result) {
  if (!result) {
    if (result.error().code() == Code::kConflict) {
      ++conflicts_;
    } else {
      ++failed_;
      log::Warn("reconcile failed", {{"controller", options_.name},
                                     {"key", store::ToString(key)},
                                     {"failures", queue_.Failures(key) + 1},
                                     {"error", result.error().ToString()}});
    }
    queue_.AddRateLimited(key);
    return;
  }
  queue_.Forget(key);
  ++(result->after ? again_ : succeeded_);
  std::optional<Duration> after = result->after;
  // What does not exist needs no second look.
  const bool resync = options_.resync > Duration::zero() && key.kind == options_.kind &&
                      (!after || *after > options_.resync);
  if (resync && store_.Find(key)) after = options_.resync;
  if (after) queue_.AddAfter(key, *after);
}

void Controller::Measure(Duration took) {
  nanoseconds_ += static_cast<std::uint64_t>(took.count());
  const double seconds = std::chrono::duration<double>(took).count();
  const auto* const bucket =
      std::find_if(kReconcileBucketsSeconds.begin(), kReconcileBucketsSeconds.end(),
                   [seconds](double bound) { return seconds <= bound; });
  ++buckets_.at(static_cast<std::size_t>(bucket - kReconcileBucketsSeconds.begin()));
}

ControllerStats Controller::Stats() const {
  ControllerStats stats{.name = options_.name,
                        .succeeded = succeeded_,
                        .again = again_,
                        .conflicts = conflicts_,
                        .failed = failed_,
                        .threw = threw_,
                        .seconds = static_cast<double>(nanoseconds_) / 1e9,
                        .queued = queue_.Depth(),
                        .delayed = queue_.Delayed(),
                        .workers = options_.workers};
  std::copy(buckets_.begin(), buckets_.end(), stats.buckets.begin());
  return stats;
}

}  // namespace osbx::ctrl
