// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/gate.h"

namespace osbx {
namespace {

TEST(ThreadPoolTest, RunsTasksAndSurvivesThoseThatThrow) {
  ThreadPool pool("test", 2);
  ASSERT_TRUE(pool.Post([](const std::stop_token&) { throw std::runtime_error("bug"); }));
  std::promise<void> ran;
  ASSERT_TRUE(pool.Post([&ran](const std::stop_token&) { ran.set_value(); }));
  ran.get_future().wait();
}

TEST(ThreadPoolTest, StopEndsWhatRunsAndDropsWhatDoesNot) {
  ThreadPool pool("test", 1);
  std::promise<void> running;
  std::atomic<bool> second = false;
  ASSERT_TRUE(pool.Post([&running](const std::stop_token& stop) {
    running.set_value();
    while (!stop.stop_requested()) std::this_thread::yield();
  }));
  ASSERT_TRUE(pool.Post([&second](const std::stop_token&) { second = true; }));
  running.get_future().wait();
  pool.Stop();
  EXPECT_FALSE(second);
  EXPECT_FALSE(pool.Post([](const std::stop_token&) {}));
  pool.Stop();
}

TEST(GateTest, CloseWaitsForThoseInside) {
  Gate gate;
  std::atomic<bool> closed = false;
  std::atomic<bool> early = false;
  auto pass = gate.Enter();
  ASSERT_TRUE(pass);
  std::jthread closer([&] {
    gate.Close();
    closed = true;
  });
  while (true) {  // until Close has begun
    auto other = gate.Enter();
    if (!other) break;
  }
  early = closed.load();
  pass.reset();
  closer.join();
  EXPECT_FALSE(early);
  EXPECT_TRUE(closed);
  EXPECT_FALSE(gate.Enter());
}

}  // namespace
}  // namespace osbx
