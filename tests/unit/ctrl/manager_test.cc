// SPDX-License-Identifier: Apache-2.0
#include "ctrl/manager.h"

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctrl/cache.h"
#include "fakes/eventually.h"
#include "fakes/fake_clock.h"
#include "fakes/matchers.h"
#include "store/memory_store.h"
#include "unit/ctrl/widget.h"

namespace osbx::ctrl {
namespace {

using fakes::Eventually;
using fakes::FakeClock;
using fakes::IsOk;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;

class ManagerTest : public ::testing::Test {
 protected:
  ManagerTest() {
    cache_.AddIndex<Widget>("by-use", [](const Widget& widget) { return widget.uses; });
    cache_.Start();
  }

  // A controller of widgets that counts its calls by key and answers what `answer` says.
  ControllerOptions Counting(std::function<Result<Outcome>(const Key&, int call)> answer) {
    return {.name = "widgets",
            .kind = "widgets",
            .reconcile = [this, answer = std::move(answer)](const Key& key) -> Result<Outcome> {
              int call = 0;
              {
                const std::lock_guard lock(mutex_);
                call = ++calls_[key.name];
              }
              return answer(key, call);
            }};
  }
  static Result<Outcome> Fine(const Key& /*key*/, int /*call*/) { return Outcome{}; }
  int Calls(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return calls_[name];
  }
  bool Called(const std::string& name, int times) {
    return Eventually([&] { return Calls(name) >= times; }) && manager_.Drain() &&
           Calls(name) == times;
  }
  void Commit(store::Write write) { ASSERT_THAT(store_.Commit({std::move(write)}), IsOk()); }
  ControllerStats Stats() { return manager_.Stats().at(0); }

  FakeClock clock_;
  store::MemoryStore store_;
  Cache cache_{store_};
  std::mutex mutex_;
  std::map<std::string, int> calls_;
  Manager manager_{store_, clock_};
};

TEST_F(ManagerTest, ReconcilesWhatExistsAndWhatChanges) {
  Commit(CreateWidget("old", 1));
  manager_.Add(Counting(Fine));
  manager_.Start();
  EXPECT_TRUE(Called("old", 1));
  Commit(CreateWidget("new", 1));
  EXPECT_TRUE(Called("new", 1));
  Commit(UpdateWidget("new", 2));
  EXPECT_TRUE(Called("new", 2));
  Commit(DeleteWidget("new"));
  EXPECT_TRUE(Called("new", 3));
  EXPECT_EQ(Calls("old"), 1);
}

TEST_F(ManagerTest, CountersAreThereFromTheStart) {
  manager_.Add(Counting(Fine));
  const ControllerStats stats = Stats();
  EXPECT_EQ(stats.name, "widgets");
  EXPECT_EQ(stats.succeeded + stats.again + stats.failed + stats.conflicts + stats.threw, 0);
}

TEST_F(ManagerTest, WatchesMapChangesOfOtherKindsToKeys) {
  Commit(CreateWidget("a", 1, {"shared"}));
  Commit(CreateWidget("b", 1, {"shared"}));
  Commit(CreateWidget("c", 1));
  ControllerOptions options = Counting(Fine);
  options.watches = {{.kind = "gadgets", .map = [this](const store::Event& event) {
                        std::vector<Key> keys;
                        for (const auto& widget :
                             cache_.ByIndex<Widget>("by-use", event.object->key.name)) {
                          keys.push_back(WidgetKey(widget->name));
                        }
                        return keys;
                      }}};
  manager_.Add(std::move(options));
  manager_.Start();
  ASSERT_TRUE(Called("c", 1));
  Commit(PutWidget(store::Write::Op::kCreate, {.kind = "gadgets", .ns = "", .name = "shared"}, 1));
  EXPECT_TRUE(Called("a", 2));
  EXPECT_TRUE(Called("b", 2));
  EXPECT_EQ(Calls("c"), 1);
}

TEST_F(ManagerTest, ErrorsAreRetriedWithGrowingDelaysUntilSuccess) {
  manager_.Add(Counting([](const Key&, int call) -> Result<Outcome> {
    if (call <= 3) return Error(Code::kUnavailable, "not yet");
    return Outcome{};
  }));
  manager_.Start();
  Commit(CreateWidget("a", 1));
  ASSERT_TRUE(Called("a", 1));
  int expected = 1;
  for (const int delay_ms : {5, 10, 20}) {
    ASSERT_TRUE(Eventually([&] { return manager_.Stats().at(0).delayed == 1; }));
    clock_.Advance(milliseconds(delay_ms - 1));
    ASSERT_TRUE(Called("a", expected)) << "too early";
    clock_.Advance(milliseconds(1));
    ASSERT_TRUE(Called("a", ++expected)) << delay_ms;
  }
  EXPECT_EQ(Stats().failed, 3);
  EXPECT_EQ(Stats().succeeded, 1);
}

TEST_F(ManagerTest, ExceptionsAreCountedAndRetried) {
  manager_.Add(Counting([](const Key&, int call) -> Result<Outcome> {
    if (call == 1) throw std::runtime_error("bug");
    if (call == 2) throw 42;  // NOLINT(hicpp-exception-baseclass): whatever leaves must be caught
    return Outcome{};
  }));
  manager_.Start();
  Commit(CreateWidget("a", 1));
  ASSERT_TRUE(Called("a", 1));
  clock_.Advance(milliseconds(5));
  ASSERT_TRUE(Called("a", 2));
  clock_.Advance(milliseconds(10));
  ASSERT_TRUE(Called("a", 3));
  EXPECT_EQ(Stats().threw, 2);
}

TEST_F(ManagerTest, ConflictsAreRequeuedAndNotFailures) {
  manager_.Add(Counting([](const Key&, int call) -> Result<Outcome> {
    if (call == 1) return Error(Code::kConflict, "stale");
    return Outcome{};
  }));
  manager_.Start();
  Commit(CreateWidget("a", 1));
  ASSERT_TRUE(Called("a", 1));
  clock_.Advance(milliseconds(5));
  ASSERT_TRUE(Called("a", 2));
  EXPECT_EQ(Stats().conflicts, 1);
  EXPECT_EQ(Stats().failed, 0);
}

TEST_F(ManagerTest, OutcomeAsksToBeCalledAgain) {
  manager_.Add(Counting([](const Key&, int call) -> Result<Outcome> {
    return call == 1 ? Outcome{.after = seconds(30)} : Outcome{};
  }));
  manager_.Start();
  Commit(CreateWidget("a", 1));
  ASSERT_TRUE(Called("a", 1));
  clock_.Advance(seconds(29));
  ASSERT_TRUE(Called("a", 1));
  clock_.Advance(seconds(1));
  ASSERT_TRUE(Called("a", 2));
  EXPECT_EQ(Stats().again, 1);
}

TEST_F(ManagerTest, ResyncsWhatExistsAndForgetsWhatIsGone) {
  manager_.Add(Counting(Fine));
  manager_.Start();
  Commit(CreateWidget("stays", 1));
  Commit(CreateWidget("goes", 1));
  ASSERT_TRUE(Called("stays", 1));
  ASSERT_TRUE(Called("goes", 1));
  clock_.Advance(minutes(10));
  ASSERT_TRUE(Called("stays", 2));
  ASSERT_TRUE(Called("goes", 2));
  Commit(DeleteWidget("goes"));
  ASSERT_TRUE(Called("goes", 3));
  clock_.Advance(minutes(10));  // one look was already due
  ASSERT_TRUE(Called("stays", 3));
  ASSERT_TRUE(Called("goes", 4));
  clock_.Advance(minutes(10));
  ASSERT_TRUE(Called("stays", 4));
  EXPECT_EQ(Calls("goes"), 4);
  EXPECT_EQ(Stats().delayed, 1);
}

TEST_F(ManagerTest, OtherSourcesEnqueueByControllerOrByKind) {
  manager_.Add(Counting(Fine));
  manager_.Start();
  manager_.Enqueue("widgets", WidgetKey("a"));
  ASSERT_TRUE(Called("a", 1));
  manager_.Enqueue(WidgetKey("a"));
  ASSERT_TRUE(Called("a", 2));
  manager_.Enqueue("unknown", WidgetKey("a"));
  manager_.Enqueue({.kind = "gadgets", .ns = "", .name = "a"});
  Commit(CreateWidget("b", 1));
  ASSERT_TRUE(Called("b", 1));
  manager_.EnqueueAll("widgets");
  ASSERT_TRUE(Called("b", 2));
  EXPECT_EQ(Calls("a"), 2);
}

TEST_F(ManagerTest, StopIsForGood) {
  manager_.Add(Counting(Fine));
  ControllerOptions second = Counting(Fine);
  second.name = "second";
  manager_.Add(std::move(second));
  manager_.Start();
  Commit(CreateWidget("a", 1));
  ASSERT_TRUE(manager_.Drain());
  const int calls = Calls("a");
  manager_.Stop();
  manager_.Stop();
  Commit(UpdateWidget("a", 2));
  manager_.Enqueue("widgets", WidgetKey("a"));
  EXPECT_EQ(Calls("a"), calls);
}

// Two controllers write to the same objects as fast as they can, each until its own field says so:
// what a worker reads after its own commit is never older than that commit.
TEST_F(ManagerTest, WorkersReadTheirOwnWritesUnderContention) {
  constexpr int kGoal = 40;
  constexpr int kWidgets = 5;
  std::atomic<bool> stale = false;
  const auto count_up = [this, &stale](const Key& key) -> Result<Outcome> {
    const store::ObjectPtr object = store_.Find(key);
    const auto widget = cache_.Get<Widget>(key);
    if (!object || !widget || widget->value >= kGoal) return Outcome{};
    const auto done =
        store_.Commit({UpdateWidget(key.name, widget->value + 1, {}, object->revision)});
    if (!done) return done.error();
    if (cache_.Get<Widget>(key)->value <= widget->value) stale = true;
    return Outcome{};
  };
  for (const char* name : {"one", "two"}) {
    manager_.Add(
        {.name = name, .kind = "widgets", .reconcile = count_up, .workers = 3, .resync = {}});
  }
  manager_.Start();
  for (int i = 0; i < kWidgets; ++i) Commit(CreateWidget(std::to_string(i), 0));
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(seconds(60));  // conflicts are queued again with a delay
    for (const auto& widget : cache_.List<Widget>()) {
      if (widget->value < kGoal) return false;
    }
    return true;
  }));
  EXPECT_FALSE(stale);
  for (const auto& stats : manager_.Stats()) EXPECT_EQ(stats.failed, 0);
}

}  // namespace
}  // namespace osbx::ctrl
