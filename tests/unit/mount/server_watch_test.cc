// SPDX-License-Identifier: Apache-2.0
// The ends of FUSE servers, with ordinary processes in their place.
#include "drivers/mount/server_watch.h"

#include <mutex>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/subprocess.h"
#include "drivers/mount/process_table.h"
#include "fakes/eventually.h"
#include "fakes/matchers.h"

namespace osbx::mount {
namespace {

using fakes::Eventually;
using fakes::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ServerWatchTest : public ::testing::Test {
 protected:
  std::vector<std::string> Told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  bool ToldOf(const std::vector<std::string>& names) {
    return Eventually([&] { return Told() == names; });
  }
  static Child Sleeper() {
    SubprocessOptions options;
    options.argv = {"/bin/sleep", "1000"};
    auto child = StartSubprocess(options, -1, -1, -1);
    EXPECT_THAT(child, IsOk());
    return *std::move(child);
  }
  static std::int64_t StartOf(const Child& child) {
    return ReadProcessStat(child.Pid())->start_time;
  }

  std::mutex mutex_;
  std::vector<std::string> told_;
  ServerWatch watch_{[this](const std::string& name) {
    const std::lock_guard lock(mutex_);
    told_.push_back(name);
  }};
};

TEST_F(ServerWatchTest, AnEndIsToldOnce) {
  ASSERT_THAT(watch_.Start(), IsOk());
  Child a = Sleeper();
  Child b = Sleeper();
  watch_.Watch("a", a.Pid(), StartOf(a));
  watch_.Watch("a", a.Pid(), StartOf(a));
  watch_.Watch("b", b.Pid(), StartOf(b));
  EXPECT_THAT(Told(), IsEmpty());
  Kill(OpenProcess(b.Pid(), 0));
  EXPECT_TRUE(ToldOf({"b"}));
  Kill(OpenProcess(a.Pid(), 0));
  EXPECT_TRUE(ToldOf({"b", "a"}));
}

TEST_F(ServerWatchTest, OneThatHasEndedBeforeIsTold) {
  ASSERT_THAT(watch_.Start(), IsOk());
  Child child = Sleeper();
  const std::int64_t start = StartOf(child);
  watch_.Watch("reused", child.Pid(), start + 1);  // the pid is another process by now
  EXPECT_THAT(Told(), ElementsAre("reused"));
  watch_.Watch("reused", child.Pid(), start + 1);
  EXPECT_THAT(Told(), ElementsAre("reused")) << "looking again is no news";
}

TEST_F(ServerWatchTest, WatchedBeforeTheStartIsWatched) {
  Child child = Sleeper();
  watch_.Watch("early", child.Pid(), StartOf(child));
  Kill(OpenProcess(child.Pid(), 0));
  ASSERT_THAT(watch_.Start(), IsOk());
  EXPECT_TRUE(ToldOf({"early"}));
}

TEST_F(ServerWatchTest, TheEndOfAnEarlierServerIsNoNews) {
  ASSERT_THAT(watch_.Start(), IsOk());
  Child first = Sleeper();
  Child second = Sleeper();
  Child forgotten = Sleeper();
  watch_.Watch("m", first.Pid(), StartOf(first));
  watch_.Watch("m", second.Pid(), StartOf(second));
  watch_.Watch("gone", forgotten.Pid(), StartOf(forgotten));
  watch_.Forget("gone");
  Kill(OpenProcess(first.Pid(), 0));
  Kill(OpenProcess(forgotten.Pid(), 0));
  Kill(OpenProcess(second.Pid(), 0));
  EXPECT_TRUE(ToldOf({"m"}));
}

}  // namespace
}  // namespace osbx::mount
