// SPDX-License-Identifier: Apache-2.0
#include "ctrl/work_queue.h"

#include <atomic>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/eventually.h"
#include "fakes/fake_clock.h"

namespace osbx::ctrl {
namespace {

using fakes::Eventually;
using fakes::FakeClock;
using std::chrono::milliseconds;
using std::chrono::seconds;

Key Named(const std::string& name) {
  return {.kind = "sandboxes", .ns = "default", .name = name};
}

class WorkQueueTest : public ::testing::Test {
 protected:
  // What is ready now, without waiting; each is done at once.
  std::vector<std::string> TakeAll() {
    std::vector<std::string> names;
    while (const auto key = TakeReady()) {
      names.push_back(key->name);
      queue_.Done(*key);
    }
    return names;
  }
  std::optional<Key> TakeReady() {
    if (queue_.Idle()) return std::nullopt;
    std::stop_source never;
    return queue_.Take(never.get_token());
  }

  FakeClock clock_;
  WorkQueue queue_{clock_};
};

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(WorkQueueTest, HandsOutKeysInOrderAndOnce) {
  for (const char* name : {"b", "a", "b", "b", "c", "a"}) queue_.Add(Named(name));
  EXPECT_EQ(queue_.Depth(), 3);
  EXPECT_THAT(TakeAll(), ElementsAre("b", "a", "c"));
}

TEST_F(WorkQueueTest, KeyAddedWhileAWorkerHasItComesAgainAfterDone) {
  std::stop_source stop;
  queue_.Add(Named("a"));
  const auto key = queue_.Take(stop.get_token());
  queue_.Add(Named("a"));
  queue_.Add(Named("a"));
  EXPECT_EQ(queue_.Depth(), 0) << "I6: not while a worker has it";
  queue_.Done(*key);
  EXPECT_THAT(TakeAll(), ElementsAre("a"));
}

TEST_F(WorkQueueTest, DelayedKeysComeWhenTheirTimeHasCome) {
  queue_.AddAfter(Named("late"), seconds(10));
  queue_.AddAfter(Named("soon"), seconds(5));
  queue_.AddAfter(Named("now"), seconds(0));
  EXPECT_THAT(TakeAll(), ElementsAre("now"));
  EXPECT_EQ(queue_.Delayed(), 2);
  clock_.Advance(seconds(5));
  EXPECT_THAT(TakeAll(), ElementsAre("soon"));
  clock_.Advance(seconds(5));
  EXPECT_THAT(TakeAll(), ElementsAre("late"));
  EXPECT_EQ(queue_.Delayed(), 0);
}

TEST_F(WorkQueueTest, TheEarliestOfSeveralDelaysCounts) {
  queue_.AddAfter(Named("a"), seconds(10));
  queue_.AddAfter(Named("a"), seconds(3));
  queue_.AddAfter(Named("a"), seconds(20));
  EXPECT_EQ(queue_.Delayed(), 1);
  clock_.Advance(seconds(3));
  EXPECT_THAT(TakeAll(), ElementsAre("a"));
  clock_.Advance(seconds(60));
  EXPECT_THAT(TakeAll(), IsEmpty());
}

TEST_F(WorkQueueTest, FailuresDoubleTheDelayUntilForgotten) {
  for (const int expected_ms : {5, 10, 20, 40}) {
    queue_.AddRateLimited(Named("a"));
    clock_.Advance(milliseconds(expected_ms) - std::chrono::microseconds(1));
    EXPECT_THAT(TakeAll(), IsEmpty()) << expected_ms;
    clock_.Advance(std::chrono::microseconds(1));
    EXPECT_THAT(TakeAll(), ElementsAre("a")) << expected_ms;
  }
  EXPECT_EQ(queue_.Failures(Named("a")), 4);
  queue_.Forget(Named("a"));
  queue_.AddRateLimited(Named("a"));
  clock_.Advance(milliseconds(5));
  EXPECT_THAT(TakeAll(), ElementsAre("a"));
}

TEST_F(WorkQueueTest, DelayStopsGrowingAtAMinute) {
  const Backoff backoff;
  EXPECT_EQ(backoff.After(1), milliseconds(5));
  EXPECT_EQ(backoff.After(14), milliseconds(40'960));
  EXPECT_EQ(backoff.After(15), seconds(60));
  EXPECT_EQ(backoff.After(1'000'000), seconds(60));
}

TEST_F(WorkQueueTest, WaitingWorkerWakesForAnEarlierDelay) {
  queue_.AddAfter(Named("late"), seconds(100));
  std::atomic<bool> got = false;
  std::jthread worker([&](const std::stop_token& stop) {
    const auto key = queue_.Take(stop);
    got = key && key->name == "early";
  });
  ASSERT_TRUE(Eventually([&] { return clock_.Waiters() == 1; }));
  queue_.AddAfter(Named("early"), seconds(10));
  ASSERT_TRUE(Eventually([&] { return clock_.Waiters() == 1; }));
  clock_.Advance(seconds(10));
  EXPECT_TRUE(Eventually([&] { return got.load(); }));
}

TEST_F(WorkQueueTest, StopEndsAWaitingWorker) {
  std::jthread idle([&](const std::stop_token& stop) { EXPECT_FALSE(queue_.Take(stop)); });
  queue_.AddAfter(Named("a"), seconds(100));
  std::jthread delayed([&](const std::stop_token& stop) { EXPECT_FALSE(queue_.Take(stop)); });
}

TEST_F(WorkQueueTest, DrainWaitsForTheWorkerToo) {
  EXPECT_TRUE(queue_.Drain(milliseconds(0)));
  queue_.Add(Named("a"));
  EXPECT_FALSE(queue_.Drain(milliseconds(0)));
  const auto key = TakeReady();
  EXPECT_FALSE(queue_.Drain(milliseconds(0)));
  queue_.Done(*key);
  EXPECT_TRUE(queue_.Drain(milliseconds(0)));
}

// Producers and workers race; in the end every key was seen after its last Add, and no key was ever
// with two workers.
TEST_F(WorkQueueTest, I6_ManyWorkersNeverShareAKeyAndMissNothing) {
  constexpr int kKeys = 7;
  constexpr int kAdds = 3000;
  std::array<std::atomic<int>, kKeys> wanted = {};
  std::array<std::atomic<int>, kKeys> seen = {};
  std::array<std::atomic<int>, kKeys> holders = {};
  std::atomic<bool> shared = false;
  std::vector<std::jthread> workers;
  for (int w = 0; w < 4; ++w) {
    workers.emplace_back([&](const std::stop_token& stop) {
      while (const auto key = queue_.Take(stop)) {
        const auto k = static_cast<std::size_t>(std::stoi(key->name));
        if (holders.at(k)++ != 0) shared = true;
        seen.at(k) = wanted.at(k).load();
        --holders.at(k);
        queue_.Done(*key);
      }
    });
  }
  {
    std::vector<std::jthread> producers;
    for (unsigned p = 0; p < 2; ++p) {
      producers.emplace_back([&, p] {
        std::minstd_rand random(p + 1);
        for (int i = 0; i < kAdds; ++i) {
          const auto k = random() % kKeys;
          ++wanted.at(k);
          const Key key = Named(std::to_string(k));
          if (random() % 4 == 0) {
            queue_.AddAfter(key, milliseconds(1));
          } else {
            queue_.Add(key);
          }
          if (random() % 50 == 0) clock_.Advance(milliseconds(1));
        }
      });
    }
  }
  clock_.Advance(seconds(1));
  ASSERT_TRUE(Eventually([&] { return queue_.Delayed() == 0; }));
  ASSERT_TRUE(queue_.Drain());
  EXPECT_FALSE(shared);
  for (std::size_t k = 0; k < kKeys; ++k) EXPECT_EQ(seen.at(k), wanted.at(k));
}

}  // namespace
}  // namespace osbx::ctrl
