// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/events.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/eventually.h"
#include "fakes/fake_clock.h"
#include "fakes/fake_docker/fake_docker.h"
#include "fakes/matchers.h"

namespace osbx::docker {
namespace {

using fakes::Eventually;
using fakes::IsOk;
using std::chrono::seconds;
using ::testing::ElementsAre;

class EventStreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ClientOptions options;
    options.host = docker_.Host();
    auto client = Client::Open(options, clock_);
    ASSERT_THAT(client, IsOk());
    client_ = *std::move(client);
  }
  void TearDown() override { reader_ = {}; }

  void Start(EventStreamOptions options = {}) {
    options.first_backoff = seconds(1);
    stream_ = std::make_unique<EventStream>(*client_, options, clock_);
    reader_ = std::jthread([this](std::stop_token stop) {
      stream_->Run(stop, {.on_relist = [this]() -> Result<> {
                            Note("relist");
                            return relist_result_;
                          },
                          .on_event = [this](const Event& event) { Note(event.id); },
                          .on_down = [this](const Error&) { Note("down"); }});
    });
  }
  void Note(const std::string& what) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(what);
  }
  std::vector<std::string> Seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  bool SeenCount(const std::string& what, long count) {
    return Eventually([&] {
      const auto seen = Seen();
      return std::count(seen.begin(), seen.end(), what) == count;
    });
  }
  bool Reading() {
    return Eventually([this] { return docker_.EventReaders() == 1; });
  }

  fakes::FakeDocker docker_;
  fakes::FakeClock clock_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<EventStream> stream_;
  std::mutex mutex_;
  std::vector<std::string> seen_;
  Result<> relist_result_;
  std::jthread reader_;
};

TEST_F(EventStreamTest, AListThatFailsEndsTheConnection) {
  relist_result_ = Error(Code::kUnavailable, "the list failed");
  Start();
  ASSERT_TRUE(SeenCount("down", 1)) << "or its reader would know nothing until the next renewal";
  ASSERT_TRUE(Eventually([this] { return clock_.Waiters() == 1; }));
  EXPECT_THAT(Seen(), ElementsAre("relist", "down"));
  relist_result_ = {};
  clock_.Advance(seconds(1));
  ASSERT_TRUE(SeenCount("relist", 2));
  EXPECT_THAT(Seen(), ElementsAre("relist", "down", "relist"));
}

TEST_F(EventStreamTest, AnEngineThatHangsIsDownNotRenewed) {
  docker_.Hang("GET /events");
  EventStreamOptions options;
  options.resync = std::chrono::milliseconds(50);
  Start(options);
  EXPECT_TRUE(SeenCount("down", 1));
}

TEST_F(EventStreamTest, RelistsFirstThenFollows) {
  Start();
  ASSERT_TRUE(Reading());
  docker_.EmitEvent("container", "start", "one");
  docker_.EmitEvent("container", "die", "two");
  ASSERT_TRUE(SeenCount("two", 1));
  EXPECT_THAT(Seen(), ElementsAre("relist", "one", "two"));
}

TEST_F(EventStreamTest, ABrokenStreamIsResumedWithoutLossOrRepeat) {
  Start();
  ASSERT_TRUE(Reading());
  docker_.EmitEvent("container", "start", "one");
  ASSERT_TRUE(SeenCount("one", 1));
  docker_.BreakEventStreams();
  ASSERT_TRUE(SeenCount("down", 1));
  docker_.EmitEvent("container", "start", "missed");
  ASSERT_TRUE(Eventually([this] { return clock_.Waiters() == 1; }));
  clock_.Advance(seconds(1));
  ASSERT_TRUE(SeenCount("missed", 1));
  EXPECT_THAT(Seen(), ElementsAre("relist", "one", "down", "relist", "missed"));
}

TEST_F(EventStreamTest, I9_ARestartedEngineIsFoundAgainWithGrowingPauses) {
  Start();
  ASSERT_TRUE(Reading());
  docker_.SetDown(true);
  ASSERT_TRUE(SeenCount("down", 1));
  for (const int pause : {1, 2, 4, 5, 5}) {
    ASSERT_TRUE(Eventually([this] { return clock_.Waiters() == 1; }));
    const auto before = Seen().size();
    clock_.Advance(seconds(pause) - std::chrono::milliseconds(1));
    EXPECT_EQ(clock_.Waiters(), 1U);
    EXPECT_EQ(Seen().size(), before);
    clock_.Advance(std::chrono::milliseconds(1));
    ASSERT_TRUE(Eventually([&] { return Seen().size() == before + 1; })) << pause;
  }
  ASSERT_TRUE(Eventually([this] { return clock_.Waiters() == 1; }));
  docker_.SetDown(false);
  clock_.Advance(seconds(5));
  ASSERT_TRUE(SeenCount("relist", 2));
  ASSERT_TRUE(Reading());
  docker_.EmitEvent("container", "start", "after");
  EXPECT_TRUE(SeenCount("after", 1));
}

TEST_F(EventStreamTest, TheConnectionIsRenewedAndRelistedNowAndThen) {
  EventStreamOptions options;
  options.resync = std::chrono::milliseconds(50);
  Start(options);
  ASSERT_TRUE(Eventually([this] { return Seen().size() >= 3; }));
  const auto seen = Seen();
  EXPECT_EQ(std::count(seen.begin(), seen.end(), "down"), 0);  // planned
}

TEST_F(EventStreamTest, FiltersReachTheEngine) {
  EventStreamOptions options;
  options.filters = {{"type", {"container"}}, {"label", {"osbx.dev/uid"}}};
  Start(options);
  ASSERT_TRUE(Reading());
  docker_.EmitEvent("image", "pull", "an image", {{"osbx.dev/uid", "1"}});
  docker_.EmitEvent("container", "start", "foreign");
  docker_.EmitEvent("container", "start", "ours", {{"osbx.dev/uid", "1"}});
  ASSERT_TRUE(SeenCount("ours", 1));
  EXPECT_THAT(Seen(), ElementsAre("relist", "ours"));
}

TEST_F(EventStreamTest, StopsWhileWaitingToReconnect) {
  docker_.SetDown(true);
  Start();
  ASSERT_TRUE(Eventually([this] { return clock_.Waiters() == 1; }));
  reader_.request_stop();
  reader_.join();
  EXPECT_THAT(Seen(), ElementsAre("down"));
}

}  // namespace
}  // namespace osbx::docker
