// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/breaker.h"

#include <gtest/gtest.h>

#include "fakes/fake_clock.h"
#include "fakes/matchers.h"

namespace osbx::docker {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using std::chrono::milliseconds;
using std::chrono::seconds;

class BreakerTest : public ::testing::Test {
 protected:
  void Fail(int times) {
    for (int i = 0; i < times; ++i) {
      ASSERT_THAT(breaker_.Admit(), IsOk());
      breaker_.Report(CallOutcome::kUnreached);
    }
  }
  fakes::FakeClock clock_;
  Breaker breaker_{{.failures = 3, .first_pause = seconds(1), .longest_pause = seconds(4)}, clock_};
};

TEST_F(BreakerTest, OpensOnlyAfterFailuresInARow) {
  Fail(2);
  breaker_.Report(CallOutcome::kReached);
  Fail(2);
  EXPECT_EQ(breaker_.State(), BreakerState::kClosed);
  Fail(1);
  EXPECT_EQ(breaker_.State(), BreakerState::kOpen);
  EXPECT_THAT(breaker_.Admit(), StatusIs(Code::kUnavailable));
}

TEST_F(BreakerTest, OneProbePassesAfterThePause) {
  Fail(3);
  clock_.Advance(milliseconds(999));
  EXPECT_THAT(breaker_.Admit(), StatusIs(Code::kUnavailable));
  clock_.Advance(milliseconds(1));
  EXPECT_THAT(breaker_.Admit(), IsOk());
  EXPECT_THAT(breaker_.Admit(), StatusIs(Code::kUnavailable));
  breaker_.Report(CallOutcome::kReached);
  EXPECT_THAT(breaker_.Admit(), IsOk());
  EXPECT_THAT(breaker_.Admit(), IsOk());
}

TEST_F(BreakerTest, ThePauseDoublesUpToItsLimitAndStartsOver) {
  Fail(3);
  for (const int pause : {1, 2, 4, 4}) {
    clock_.Advance(seconds(pause) - milliseconds(1));
    EXPECT_THAT(breaker_.Admit(), StatusIs(Code::kUnavailable)) << pause;
    clock_.Advance(milliseconds(1));
    Fail(1);
  }
  clock_.Advance(seconds(4));
  ASSERT_THAT(breaker_.Admit(), IsOk());
  breaker_.Report(CallOutcome::kReached);
  Fail(3);
  clock_.Advance(seconds(1));
  EXPECT_THAT(breaker_.Admit(), IsOk());
}

TEST_F(BreakerTest, ACancelledProbeLeavesTheProbeToTheNext) {
  Fail(3);
  clock_.Advance(seconds(1));
  ASSERT_THAT(breaker_.Admit(), IsOk());
  breaker_.Report(CallOutcome::kNoEvidence);
  EXPECT_THAT(breaker_.Admit(), IsOk());
}

TEST_F(BreakerTest, StragglersDoNotLengthenThePause) {
  for (int i = 0; i < 10; ++i) ASSERT_THAT(breaker_.Admit(), IsOk());
  for (int i = 0; i < 10; ++i) breaker_.Report(CallOutcome::kUnreached);
  clock_.Advance(seconds(1));
  EXPECT_THAT(breaker_.Admit(), IsOk());
}

TEST_F(BreakerTest, ABypassedSuccessClosesAndABypassedFailureIsNothing) {
  breaker_.ReportBypassed(CallOutcome::kUnreached);
  breaker_.ReportBypassed(CallOutcome::kUnreached);
  breaker_.ReportBypassed(CallOutcome::kUnreached);
  EXPECT_EQ(breaker_.State(), BreakerState::kClosed);
  Fail(3);
  breaker_.ReportBypassed(CallOutcome::kReached);
  EXPECT_THAT(breaker_.Admit(), IsOk());
}

TEST(Evidence, ComesFromTheErrorAlone) {
  const Error none(Code::kUnavailable, "");
  const Error late(Code::kDeadlineExceeded, "");
  const Error cancelled(Code::kCancelled, "");
  const Error busy = Error(Code::kUnavailable, "").WithHttpStatus(503);
  EXPECT_EQ(OutcomeOf(nullptr, false), CallOutcome::kReached);
  EXPECT_EQ(OutcomeOf(&none, true), CallOutcome::kUnreached);
  EXPECT_EQ(OutcomeOf(&late, false), CallOutcome::kUnreached);
  EXPECT_EQ(OutcomeOf(&late, true), CallOutcome::kNoEvidence);
  EXPECT_EQ(OutcomeOf(&cancelled, false), CallOutcome::kNoEvidence);
  EXPECT_EQ(OutcomeOf(&busy, false), CallOutcome::kReached);
}

}  // namespace
}  // namespace osbx::docker
