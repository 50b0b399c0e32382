// SPDX-License-Identifier: Apache-2.0
#include "ctrl/event_recorder.h"

#include <algorithm>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fakes/eventually.h"
#include "fakes/fake_clock.h"

namespace osbx::ctrl {
namespace {

using fakes::Eventually;
using fakes::FakeClock;
using ::testing::ElementsAre;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

// Events as a store would keep them.
class Sink {
 public:
  EventSink Make() {
    return {.put = [this](const store::Key& key, const Json& event) -> Result<> {
              const std::lock_guard lock(mutex_);
              if (refuse_) return Error(Code::kExhausted, "full");
              ++puts_;
              events_[key] = event;
              return {};
            },
            .remove = [this](const store::Key& key) -> Result<> {
              const std::lock_guard lock(mutex_);
              events_.erase(key);
              return {};
            },
            .list =
                [this] {
                  const std::lock_guard lock(mutex_);
                  std::vector<JsonPtr> all;
                  for (const auto& [key, event] : events_) {
                    all.push_back(std::make_shared<const Json>(event));
                  }
                  return all;
                }};
  }
  std::map<store::Key, Json> Events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  int Puts() const {
    const std::lock_guard lock(mutex_);
    return puts_;
  }
  void Refuse(bool refuse) {
    const std::lock_guard lock(mutex_);
    refuse_ = refuse;
  }

 private:
  mutable std::mutex mutex_;
  std::map<store::Key, Json> events_;
  int puts_ = 0;
  bool refuse_ = false;
};

ObjectReference Sandbox(const std::string& name) {
  return {.api_version = "osbx.dev/v1",
          .kind = "Sandbox",
          .ns = "team",
          .name = name,
          .uid = "uid-" + name};
}

class EventRecorderTest : public ::testing::Test {
 protected:
  void Start(EventRecorder::Options options = {}) {
    recorder_ = std::make_unique<EventRecorder>(sink_.Make(), clock_, options);
  }
  void Record(const std::string& name, const std::string& message) {
    recorder_->Record(Sandbox(name), EventLevel::kWarning, "MountFailed", message);
    ASSERT_TRUE(recorder_->Flush());
  }
  Json Only() {
    const auto events = sink_.Events();
    EXPECT_THAT(events, SizeIs(1));
    return events.begin()->second;
  }
  std::vector<std::string> Messages() {
    std::vector<std::string> messages;
    for (const auto& [key, event] : sink_.Events()) messages.push_back(event.at("message"));
    std::ranges::sort(messages);
    return messages;
  }

  FakeClock clock_;
  Sink sink_;
  std::unique_ptr<EventRecorder> recorder_;
};

TEST_F(EventRecorderTest, WritesTheShapeKubectlReads) {
  Start();
  Record("a", "bucket is missing");
  const auto [key, event] = *sink_.Events().begin();
  EXPECT_EQ(key.kind, "events");
  EXPECT_EQ(key.ns, "team");
  EXPECT_THAT(key.name, MatchesRegex("a\\.[0-9a-f]+"));
  EXPECT_EQ(event, Json::parse(R"({
    "apiVersion": "v1", "kind": "Event",
    "metadata": {"name": ")" + key.name +
                               R"(", "namespace": "team"},
    "involvedObject": {"apiVersion": "osbx.dev/v1", "kind": "Sandbox", "namespace": "team",
                       "name": "a", "uid": "uid-a"},
    "type": "Warning", "reason": "MountFailed", "message": "bucket is missing", "count": 1,
    "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:00:00Z",
    "source": {"component": "osbxd"}, "reportingComponent": "osbxd"})"));
}

TEST_F(EventRecorderTest, CountsTheSameEventOfTheSameObject) {
  Start();
  Record("a", "x");
  clock_.Advance(std::chrono::seconds(30));
  Record("a", "x");
  EXPECT_EQ(Only().at("count"), 2);
  EXPECT_EQ(Only().at("firstTimestamp"), "2026-01-01T00:00:00Z");
  EXPECT_EQ(Only().at("lastTimestamp"), "2026-01-01T00:00:30Z");
  Record("a", "y");
  Record("b", "x");
  EXPECT_THAT(sink_.Events(), SizeIs(3));
}

TEST_F(EventRecorderTest, CountsGoOnAfterARestart) {
  Start();
  Record("a", "x");
  recorder_.reset();
  Start();
  Record("a", "x");
  EXPECT_EQ(Only().at("count"), 2);
}

TEST_F(EventRecorderTest, RemovesWhatWasNotSeenForAnHour) {
  Start();
  Record("a", "old");
  clock_.Advance(std::chrono::minutes(59));
  Record("a", "new");
  ASSERT_TRUE(Eventually([&] { return clock_.Waiters() == 1; }));
  clock_.Advance(std::chrono::minutes(2));
  EXPECT_TRUE(Eventually([&] { return sink_.Events().size() == 1; })) << "without a new event";
  EXPECT_THAT(Messages(), ElementsAre("new"));
}

TEST_F(EventRecorderTest, KeepsTheNewestOfTooMany) {
  Start({.max_events = 3});
  for (const char* message : {"1", "2", "3", "4", "5"}) {
    Record(message, message);
    clock_.Advance(std::chrono::seconds(1));
  }
  EXPECT_THAT(Messages(), ElementsAre("3", "4", "5"));
}

TEST_F(EventRecorderTest, OneObjectCannotPushOutTheOthers) {
  Start({.max_per_object = 2});
  Record("quiet", "still here");
  for (const char* message : {"1", "2", "3", "4"}) {
    clock_.Advance(std::chrono::seconds(1));
    Record("loud", message);
  }
  EXPECT_THAT(Messages(), ElementsAre("3", "4", "still here"));
}

TEST_F(EventRecorderTest, ClusterScopedObjectsHaveTheirEventsInDefault) {
  Start();
  recorder_->Record({.api_version = "osbx.dev/v1", .kind = "Node", .name = "n"},
                    EventLevel::kNormal, "Ready", "the node became ready");
  ASSERT_TRUE(recorder_->Flush());
  EXPECT_EQ(sink_.Events().begin()->first.ns, "default");
  EXPECT_FALSE(Only().at("involvedObject").contains("namespace"));
}

TEST_F(EventRecorderTest, LongMessagesAreCutBetweenCharacters) {
  Start();
  std::string message(1023, 'x');
  message += "\u20ac\u20ac";
  Record("a", message);
  EXPECT_EQ(Only().at("message"), std::string(1023, 'x'));
}

TEST_F(EventRecorderTest, FailureOfTheSinkIsSurvived) {
  Start();
  sink_.Refuse(true);
  Record("a", "lost");
  sink_.Refuse(false);
  Record("a", "x");
  EXPECT_EQ(Only().at("message"), "x");
}

// A sink that hangs must not hold up whoever records; what exceeds the bound is counted as dropped.
TEST_F(EventRecorderTest, NeverWaitsForTheSink) {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  EventSink sink = sink_.Make();
  sink.put = [released, put = sink.put](const store::Key& key, const Json& event) {
    released.wait();
    return put(key, event);
  };
  recorder_ =
      std::make_unique<EventRecorder>(sink, clock_, EventRecorder::Options{.max_pending = 10});
  std::vector<std::jthread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < 100; ++i) {
        recorder_->Record(Sandbox("a"), EventLevel::kNormal, "Noise", "the same");
      }
    });
  }
  threads.clear();
  const std::uint64_t dropped = recorder_->Dropped();
  EXPECT_GE(dropped, 300 - 2 * 10 - 10U);
  release.set_value();
  recorder_->Stop();  // writes what is pending
  EXPECT_EQ(static_cast<std::uint64_t>(Only().at("count")), 300 - dropped);
  EXPECT_LE(sink_.Puts(), 20) << "repetitions in a queue are one write";
}

}  // namespace
}  // namespace osbx::ctrl
