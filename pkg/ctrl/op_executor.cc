// SPDX-License-Identifier: Apache-2.0
#include "ctrl/op_executor.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"

namespace osbx::ctrl {
namespace {

Result<> RunCaught(const OpExecutor::Operation& operation, const std::stop_token& stop) {
  try {
    return operation(stop);
  } catch (const std::exception& exception) {
    return Error(Code::kInternal, std::string("the operation threw: ") + exception.what());
  } catch (...) {
    return Error(Code::kInternal, "the operation threw");
  }
}

}  // namespace

OpExecutor::OpExecutor(Clock& clock, Options options)
    : clock_(clock), options_(std::move(options)), pool_("ops", options_.threads) {}

OpExecutor::~OpExecutor() {
  Ignore(Stop(Duration::zero()), "the pool waits for whatever still runs");
  pool_.Stop();
}

OpStart OpExecutor::Start(const store::Key& key, std::string name, Operation operation) {
  std::stop_token stop;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return OpStart::kStopped;
    Slot& slot = slots_[key];
    if (slot.busy) return OpStart::kBusy;
    if (slot.last && slot.last->name == name && clock_.Mono() < slot.last->next_allowed) {
      return OpStart::kBackingOff;
    }
    slot.busy = true;
    slot.running = name;
    slot.stop = std::stop_source();
    stop = slot.stop.get_token();
    ++in_flight_;
  }
  const bool posted =
      pool_.Post([this, key, name = std::move(name), operation = std::move(operation),
                  stop](const std::stop_token& /*pool*/) { Run(key, name, operation, stop); });
  if (posted) return OpStart::kStarted;
  const std::lock_guard lock(mutex_);
  slots_.erase(key);
  --in_flight_;
  finished_.notify_all();
  return OpStart::kStopped;
}

void OpExecutor::Run(const store::Key& key, const std::string& name, const Operation& operation,
                     const std::stop_token& stop) {
  if (stop.stop_requested()) {  // it has not begun: nothing needs to be undone
    Finish(key, name, Error(Code::kCancelled, name + " was not begun"));
    return;
  }
  Result<> result = RunCaught(operation, stop);
  if (!result) {
    log::Warn("operation failed",
              {{"op", name}, {"key", store::ToString(key)}, {"error", result.error().ToString()}});
  }
  Finish(key, name, std::move(result));
}

void OpExecutor::Finish(const store::Key& key, const std::string& name, Result<> result) {
  {
    const std::lock_guard lock(mutex_);
    Slot& slot = slots_[key];
    LastOp last{.name = name, .finished_at = clock_.Mono()};
    last.next_allowed = last.finished_at;
    if (!result) {
      const bool again = slot.last && slot.last->name == name;
      last.attempts = (again ? slot.last->attempts : 0) + 1;
      last.next_allowed +=
          std::chrono::duration_cast<MonoTime::duration>(options_.backoff.After(last.attempts));
      last.error = std::move(result).error();
    }
    slot.busy = false;
    slot.running.clear();
    slot.last = std::move(last);
  }
  if (options_.on_done) options_.on_done(key);
  // After on_done: once Stop has returned, nobody calls back any more.
  const std::lock_guard lock(mutex_);
  --in_flight_;
  finished_.notify_all();
}

bool OpExecutor::Busy(const store::Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(key);
  return found != slots_.end() && found->second.busy;
}

std::string OpExecutor::Running(const store::Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(key);
  return found == slots_.end() ? std::string() : found->second.running;
}

std::optional<LastOp> OpExecutor::Last(const store::Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(key);
  return found == slots_.end() ? std::nullopt : found->second.last;
}

void OpExecutor::Forget(const store::Key& key) {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(key);
  if (found == slots_.end()) return;
  if (found->second.busy) {
    found->second.last.reset();
  } else {
    slots_.erase(found);
  }
}

void OpExecutor::Cancel(const store::Key& key) {
  std::stop_source stop{std::nostopstate};
  {
    const std::lock_guard lock(mutex_);
    const auto found = slots_.find(key);
    if (found == slots_.end() || !found->second.busy) return;
    stop = found->second.stop;
  }
  stop.request_stop();  // may call back: without the lock
}

std::size_t OpExecutor::InFlight() const {
  const std::lock_guard lock(mutex_);
  return in_flight_;
}

Result<> OpExecutor::Stop(Duration deadline) {
  std::vector<std::stop_source> stops;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const auto& [key, slot] : slots_) {
      if (slot.busy) stops.push_back(slot.stop);
    }
  }
  for (std::stop_source& stop : stops) stop.request_stop();
  std::unique_lock lock(mutex_);
  if (finished_.wait_for(lock, deadline, [this] { return in_flight_ == 0; })) return {};
  std::vector<std::string> running;
  for (const auto& [key, slot] : slots_) {
    if (slot.busy) running.push_back(slot.running + " " + store::ToString(key));
  }
  std::sort(running.begin(), running.end());
  std::string names;
  for (const std::string& name : running) names += (names.empty() ? "" : ", ") + name;
  return Error(Code::kDeadlineExceeded, "still running: " + names);
}

}  // namespace osbx::ctrl
