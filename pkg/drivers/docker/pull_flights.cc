// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/pull_flights.h"

#include <exception>

namespace osbx::docker {
namespace {

// Outcomes of the leader's own limits, which say nothing about the work itself.
bool OnlyTheLeaders(const Result<>& result) {
  return !result && (result.error().code() == Code::kCancelled ||
                     result.error().code() == Code::kDeadlineExceeded);
}

}  // namespace

Result<> PullFlights::Run(const std::string& key, Duration timeout, std::stop_token stop,
                          const std::function<Result<>()>& work) {
  const MonoTime deadline = clock_.Mono() + timeout;
  for (;;) {
    std::unique_lock lock(mutex_);
    const auto [entry, first] = flights_.try_emplace(key);
    if (first) entry->second = std::make_shared<Flight>();
    const std::shared_ptr<Flight> flight = entry->second;
    if (first) {
      lock.unlock();
      return Lead(key, flight, work);
    }
    const bool over = clock_.WaitUntil(lock, landed_, stop, deadline,
                                       [&flight] { return flight->result.has_value(); });
    if (over && !OnlyTheLeaders(*flight->result)) return *flight->result;
    if (stop.stop_requested()) return Error(Code::kCancelled, "docker: cancelled");
    if (!over || clock_.Mono() >= deadline) {
      return Error(Code::kDeadlineExceeded, "docker: still being pulled by another caller");
    }
  }
}

Result<> PullFlights::Lead(const std::string& key, const std::shared_ptr<Flight>& flight,
                           const std::function<Result<>()>& work) {
  Result<> result = Error(Code::kInternal, "docker: the shared work failed");
  try {
    result = work();
  } catch (const std::exception& failure) {
    result = Error(Code::kInternal, std::string("docker: ") + failure.what());
  }
  const std::lock_guard lock(mutex_);
  flight->result = result;
  flights_.erase(key);
  landed_.notify_all();
  return result;
}

}  // namespace osbx::docker
