// SPDX-License-Identifier: Apache-2.0
// Single flight: of the callers that want the same thing at once, one does it and all share its
// result. A leader that was cancelled or ran out of its own time does not fail the others: one of
// them takes over. Thread-safe; the mutex is not held while the work runs.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace osbx::docker {

class PullFlights {
 public:
  explicit PullFlights(Clock& clock) : clock_(clock) {}

  // Runs `work` unless work of this key is under way; then waits for that, at most `timeout`.
  Result<> Run(const std::string& key, Duration timeout, std::stop_token stop,
               const std::function<Result<>()>& work);

 private:
  struct Flight {
    std::optional<Result<>> result;  // set once, when it is over
  };
  Result<> Lead(const std::string& key, const std::shared_ptr<Flight>& flight,
                const std::function<Result<>()>& work);

  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any landed_;
  std::map<std::string, std::shared_ptr<Flight>> flights_;
};

}  // namespace osbx::docker
