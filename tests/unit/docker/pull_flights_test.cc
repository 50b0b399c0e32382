// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/pull_flights.h"

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fakes/eventually.h"
#include "fakes/fake_clock.h"
#include "fakes/matchers.h"

namespace osbx::docker {
namespace {

using fakes::Eventually;
using fakes::IsOk;
using fakes::StatusIs;
using std::chrono::seconds;

class PullFlightsTest : public ::testing::Test {
 protected:
  // A leader that is at work until `finish_` is set.
  void StartLeader() {
    leader_ = std::jthread([this] {
      leader_result_ = flights_.Run("k", seconds(10), {}, [this] {
        ++runs_;
        return finish_.get_future().get();
      });
    });
    ASSERT_TRUE(Eventually([this] { return runs_ == 1; }));
  }
  fakes::FakeClock clock_;
  PullFlights flights_{clock_};
  std::atomic<int> runs_{0};
  std::promise<Result<>> finish_;
  Result<> leader_result_;
  std::jthread leader_;
};

TEST_F(PullFlightsTest, OneWorksAndAllShareTheResult) {
  StartLeader();
  std::atomic<int> shared{0};
  std::vector<std::jthread> followers;
  for (int i = 0; i < 4; ++i) {
    followers.emplace_back([&] {
      const Result<> result = flights_.Run("k", seconds(10), {}, [this]() -> Result<> {
        ++runs_;
        return {};
      });
      shared += !result && result.error().code() == Code::kNotFound ? 1 : 0;
    });
  }
  ASSERT_TRUE(Eventually([this] { return clock_.Waiters() == 4; }));
  finish_.set_value(Error(Code::kNotFound, "no"));
  followers.clear();
  leader_.join();
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(shared, 4);
  EXPECT_THAT(leader_result_, StatusIs(Code::kNotFound));
  EXPECT_THAT(flights_.Run("k", seconds(1), {}, []() -> Result<> { return {}; }), IsOk());
}

TEST_F(PullFlightsTest, OtherKeysAreOtherWork) {
  StartLeader();
  EXPECT_THAT(flights_.Run("other", seconds(1), {}, []() -> Result<> { return {}; }), IsOk());
  finish_.set_value({});
}

TEST_F(PullFlightsTest, ACancelledLeaderIsReplacedByAFollower) {
  StartLeader();
  Result<> followed;
  std::jthread follower([&] {
    followed = flights_.Run("k", seconds(10), {}, [this]() -> Result<> {
      ++runs_;
      return {};
    });
  });
  ASSERT_TRUE(Eventually([this] { return clock_.Waiters() == 1; }));
  finish_.set_value(Error(Code::kCancelled, "stopped"));
  follower.join();
  EXPECT_THAT(followed, IsOk());
  EXPECT_EQ(runs_, 2);
}

TEST_F(PullFlightsTest, AFollowerWaitsOnlyForItsOwnTime) {
  StartLeader();
  Result<> followed;
  std::jthread follower(
      [&] { followed = flights_.Run("k", seconds(3), {}, []() -> Result<> { return {}; }); });
  ASSERT_TRUE(Eventually([this] { return clock_.Waiters() == 1; }));
  clock_.Advance(seconds(3));
  follower.join();
  EXPECT_THAT(followed, StatusIs(Code::kDeadlineExceeded));
  std::jthread stopped([&](std::stop_token stop) {
    followed = flights_.Run("k", seconds(3), stop, []() -> Result<> { return {}; });
  });
  ASSERT_TRUE(Eventually([this] { return clock_.Waiters() == 1; }));
  stopped.request_stop();
  stopped.join();
  EXPECT_THAT(followed, StatusIs(Code::kCancelled));
  finish_.set_value({});
}

TEST_F(PullFlightsTest, WorkThatThrowsFailsAllAndBlocksNobody) {
  const auto thrower = []() -> Result<> { throw std::runtime_error("boom"); };
  EXPECT_THAT(flights_.Run("k", seconds(1), {}, thrower), StatusIs(Code::kInternal));
  EXPECT_THAT(flights_.Run("k", seconds(1), {}, []() -> Result<> { return {}; }), IsOk());
}

}  // namespace
}  // namespace osbx::docker
