// SPDX-License-Identifier: Apache-2.0
// Circuit breaker: after `failures` consecutive unreachable answers, calls fail fast for a pause
// that doubles up to a limit; then one probe call passes and decides. Keeps a hanging engine from
// tying up every worker for its whole time-out (I10). Thread-safe; one mutex, never held across a
// call.
#pragma once

#include <mutex>

#include "base/clock.h"
#include "base/result.h"

namespace osbx::docker {

enum class BreakerState { kClosed, kOpen, kProbing };

struct BreakerOptions {
  int failures = 3;  // in a row
  Duration first_pause = std::chrono::milliseconds(500);
  Duration longest_pause = std::chrono::seconds(15);
};

// What a call says about the engine.
enum class CallOutcome {
  kReached,     // it answered, whatever it said
  kUnreached,   // no connection, lost connection or time-out
  kNoEvidence,  // cancelled by us
};

// The evidence in a call's error (null: it was answered). In a long poll a time-out is none.
CallOutcome OutcomeOf(const Error* error, bool long_poll);

class Breaker {
 public:
  Breaker(BreakerOptions options, Clock& clock);

  // Unavailable while open; otherwise the caller makes the call and reports once.
  Result<> Admit();
  void Report(CallOutcome outcome);
  // Of a call that was not admitted (Ping, events): success closes, failure never counts twice.
  void ReportBypassed(CallOutcome outcome);
  BreakerState State() const;

 private:
  void Open();

  const BreakerOptions options_;
  Clock& clock_;
  mutable std::mutex mutex_;
  BreakerState state_ = BreakerState::kClosed;
  int failures_in_row_ = 0;
  Duration pause_{0};
  MonoTime open_until_;
};

}  // namespace osbx::docker
