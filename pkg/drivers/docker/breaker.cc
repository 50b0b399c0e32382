// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/breaker.h"

#include <algorithm>

namespace osbx::docker {

CallOutcome OutcomeOf(const Error* error, bool long_poll) {
  if (error == nullptr || error->http_status() != 0) return CallOutcome::kReached;
  switch (error->code()) {
    case Code::kUnavailable:
      return CallOutcome::kUnreached;
    case Code::kDeadlineExceeded:
      return long_poll ? CallOutcome::kNoEvidence : CallOutcome::kUnreached;
    default:
      return CallOutcome::kNoEvidence;
  }
}

Breaker::Breaker(BreakerOptions options, Clock& clock) : options_(options), clock_(clock) {}

Result<> Breaker::Admit() {
  const std::lock_guard lock(mutex_);
  switch (state_) {
    case BreakerState::kClosed:
      return {};
    case BreakerState::kOpen:
      if (clock_.Mono() < open_until_) break;
      state_ = BreakerState::kProbing;
      return {};
    case BreakerState::kProbing:
      break;
  }
  return Error(Code::kUnavailable, "docker: not answering; waiting before the next attempt");
}

void Breaker::Report(CallOutcome outcome) {
  const std::lock_guard lock(mutex_);
  switch (outcome) {
    case CallOutcome::kReached:
      state_ = BreakerState::kClosed;
      failures_in_row_ = 0;
      pause_ = Duration{0};
      return;
    case CallOutcome::kNoEvidence:
      // A cancelled probe proves nothing: the next caller probes.
      if (state_ == BreakerState::kProbing) state_ = BreakerState::kOpen;
      return;
    case CallOutcome::kUnreached:
      // Calls admitted before the breaker opened still report; they must not lengthen the pause.
      if (state_ == BreakerState::kOpen) return;
      ++failures_in_row_;
      if (state_ == BreakerState::kProbing || failures_in_row_ >= options_.failures) Open();
      return;
  }
}

void Breaker::ReportBypassed(CallOutcome outcome) {
  if (outcome == CallOutcome::kReached) Report(outcome);
}

BreakerState Breaker::State() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void Breaker::Open() {
  pause_ =
      pause_ == Duration{0} ? options_.first_pause : std::min(pause_ * 2, options_.longest_pause);
  state_ = BreakerState::kOpen;
  open_until_ = clock_.Mono() + pause_;
}

}  // namespace osbx::docker
