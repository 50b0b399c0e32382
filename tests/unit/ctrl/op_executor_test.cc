// SPDX-License-Identifier: Apache-2.0
#include "ctrl/op_executor.h"

#include <atomic>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/eventually.h"
#include "fakes/fake_clock.h"
#include "fakes/matchers.h"

namespace osbx::ctrl {
namespace {

using fakes::Eventually;
using fakes::FakeClock;
using fakes::IsOk;
using fakes::StatusIs;
using std::chrono::milliseconds;
using std::chrono::seconds;

store::Key Named(const std::string& name) {
  return {.kind = "mounts", .ns = "", .name = name};
}

Result<> Succeed(const std::stop_token& /*stop*/) {
  return {};
}
Result<> Fail(const std::stop_token& /*stop*/) {
  return Error(Code::kUnavailable, "no");
}

class OpExecutorTest : public ::testing::Test {
 protected:
  void WaitDone(std::size_t count) {
    ASSERT_TRUE(Eventually([&] { return done_ >= count && ops_.InFlight() == 0; }));
  }
  void RunFailing(const std::string& name, std::size_t count) {
    ASSERT_EQ(ops_.Start(key_, name, Fail), OpStart::kStarted);
    WaitDone(count);
  }

  const store::Key key_ = Named("m");
  FakeClock clock_;
  std::atomic<std::size_t> done_ = 0;
  std::atomic<bool> busy_in_callback_ = false;
  OpExecutor ops_{clock_,
                  {.threads = 3,
                   .backoff = {.first = seconds(1), .most = seconds(4)},
                   .on_done = [this](const store::Key& key) {
                     if (ops_.Busy(key) || !ops_.Last(key)) busy_in_callback_ = true;
                     ++done_;
                   }}};
};

TEST_F(OpExecutorTest, I6_RunsAtMostOneOperationPerKey) {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  const auto wait = [released](const std::stop_token&) -> Result<> {
    released.wait();
    return {};
  };
  EXPECT_EQ(ops_.Start(key_, "mount", wait), OpStart::kStarted);
  EXPECT_EQ(ops_.Start(key_, "unmount", Succeed), OpStart::kBusy);
  EXPECT_TRUE(ops_.Busy(key_));
  EXPECT_EQ(ops_.Running(key_), "mount");
  EXPECT_FALSE(ops_.Last(key_));
  EXPECT_EQ(ops_.Start(Named("other"), "mount", Succeed), OpStart::kStarted);
  ASSERT_TRUE(Eventually([&] { return ops_.Last(Named("other")).has_value(); }));
  release.set_value();
  WaitDone(2);
  EXPECT_FALSE(ops_.Busy(key_));
  EXPECT_EQ(ops_.Last(key_)->name, "mount");
  EXPECT_FALSE(ops_.Last(key_)->error);
  EXPECT_EQ(ops_.Start(key_, "unmount", Succeed), OpStart::kStarted);
  WaitDone(3);
  EXPECT_FALSE(busy_in_callback_) << "on_done comes when the end is visible";
}

TEST_F(OpExecutorTest, FailuresBackOffPerName) {
  RunFailing("mount", 1);
  EXPECT_EQ(ops_.Last(key_)->error->code(), Code::kUnavailable);
  EXPECT_EQ(ops_.Last(key_)->attempts, 1);
  EXPECT_EQ(ops_.Last(key_)->next_allowed, clock_.Mono() + seconds(1));
  EXPECT_EQ(ops_.Start(key_, "mount", Fail), OpStart::kBackingOff);
  clock_.Advance(seconds(1));
  RunFailing("mount", 2);
  EXPECT_EQ(ops_.Last(key_)->next_allowed, clock_.Mono() + seconds(2));
  clock_.Advance(seconds(2));
  RunFailing("mount", 3);
  clock_.Advance(seconds(4));
  RunFailing("mount", 4);
  EXPECT_EQ(ops_.Last(key_)->next_allowed, clock_.Mono() + seconds(4)) << "not above the most";

  RunFailing("unmount", 5);  // another kind of work need not wait
  EXPECT_EQ(ops_.Last(key_)->attempts, 1);
  clock_.Advance(seconds(1));
  ASSERT_EQ(ops_.Start(key_, "unmount", Succeed), OpStart::kStarted);
  WaitDone(6);
  EXPECT_EQ(ops_.Last(key_)->attempts, 0);
  EXPECT_FALSE(ops_.Last(key_)->error);
  EXPECT_EQ(ops_.Start(key_, "unmount", Succeed), OpStart::kStarted);
  WaitDone(7);
}

TEST_F(OpExecutorTest, ForgetLetsTheNextTryGoAtOnce) {
  RunFailing("mount", 1);
  ops_.Forget(key_);
  EXPECT_FALSE(ops_.Last(key_));
  RunFailing("mount", 2);
  EXPECT_EQ(ops_.Last(key_)->attempts, 1);
}

TEST_F(OpExecutorTest, ExceptionsBecomeErrors) {
  ASSERT_EQ(
      ops_.Start(key_, "mount",
                 [](const std::stop_token&) -> Result<> { throw std::runtime_error("oops"); }),
      OpStart::kStarted);
  WaitDone(1);
  EXPECT_EQ(ops_.Last(key_)->error->code(), Code::kInternal);
}

Result<> UntilStopped(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any cv;
  std::unique_lock lock(mutex);
  cv.wait(lock, stop, [] { return false; });
  return Error(Code::kCancelled, "asked to stop");
}

TEST_F(OpExecutorTest, CancelEndsTheOperationOfOneKey) {
  ASSERT_EQ(ops_.Start(key_, "pull", UntilStopped), OpStart::kStarted);
  ASSERT_EQ(ops_.Start(Named("other"), "pull", UntilStopped), OpStart::kStarted);
  ops_.Cancel(key_);
  ASSERT_TRUE(Eventually([&] { return ops_.Last(key_).has_value(); }));
  EXPECT_EQ(ops_.Last(key_)->error->code(), Code::kCancelled);
  EXPECT_TRUE(ops_.Busy(Named("other")));
  ops_.Cancel(Named("unknown"));
  EXPECT_THAT(ops_.Stop(seconds(30)), IsOk());
}

TEST_F(OpExecutorTest, StopEndsAllAndNamesWhatDoesNotListen) {
  std::promise<void> begun;
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  ASSERT_EQ(ops_.Start(key_, "deaf",
                       [released, &begun](const std::stop_token&) -> Result<> {
                         begun.set_value();
                         released.wait();
                         return {};
                       }),
            OpStart::kStarted);
  begun.get_future().wait();
  for (int i = 0; i < 10; ++i) {  // more than threads: some are not begun
    ASSERT_EQ(ops_.Start(Named(std::to_string(i)), "pull", UntilStopped), OpStart::kStarted);
  }
  const Result<> stopped = ops_.Stop(milliseconds(50));
  ASSERT_THAT(stopped, StatusIs(Code::kDeadlineExceeded));
  EXPECT_THAT(stopped.error().message(), ::testing::HasSubstr("deaf mounts/m"));
  EXPECT_EQ(ops_.Start(Named("late"), "pull", Succeed), OpStart::kStopped);
  release.set_value();
  EXPECT_THAT(ops_.Stop(seconds(30)), IsOk());
  EXPECT_EQ(done_, 11);
}

TEST_F(OpExecutorTest, ManyThreadsStartingOneKeyGetOneThrough) {
  std::atomic<int> inside = 0;
  std::atomic<int> started = 0;
  std::atomic<bool> overlapped = false;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        const OpStart result = ops_.Start(key_, "work", [&](const std::stop_token&) -> Result<> {
          if (inside++ != 0) overlapped = true;
          --inside;
          return {};
        });
        if (result == OpStart::kStarted) ++started;
        ops_.Last(key_);
        if (i % 100 == 0) ops_.Forget(key_);
      }
    });
  }
  threads.clear();
  WaitDone(static_cast<std::size_t>(started));
  EXPECT_FALSE(overlapped);
  EXPECT_GE(started, 1);
}

}  // namespace
}  // namespace osbx::ctrl
