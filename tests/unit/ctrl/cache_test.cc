// SPDX-License-Identifier: Apache-2.0
#include "ctrl/cache.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/matchers.h"
#include "store/memory_store.h"
#include "unit/ctrl/widget.h"

namespace osbx::ctrl {
namespace {

using fakes::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsNull;
using ::testing::NotNull;

class CacheTest : public ::testing::Test {
 protected:
  CacheTest() {
    cache_.AddIndex<Widget>("by-use", [](const Widget& widget) { return widget.uses; });
  }
  void Commit(store::Write write) { ASSERT_THAT(store_.Commit({std::move(write)}), IsOk()); }
  std::vector<std::string> Users(const std::string& of) {
    std::vector<std::string> names;
    for (const auto& widget : cache_.ByIndex<Widget>("by-use", of)) names.push_back(widget->name);
    return names;
  }

  store::MemoryStore store_;
  Cache cache_{store_};
};

TEST_F(CacheTest, KnowsWhatWasThereAndWhatComes) {
  Commit(CreateWidget("old", 1));
  cache_.Start();
  EXPECT_EQ(cache_.Get<Widget>(WidgetKey("old"))->value, 1);
  Commit(CreateWidget("new", 2));
  EXPECT_EQ(cache_.Get<Widget>(WidgetKey("new"))->value, 2) << "before Commit returned";
  Commit(UpdateWidget("old", 3));
  EXPECT_EQ(cache_.Get<Widget>(WidgetKey("old"))->value, 3);
  Commit(DeleteWidget("old"));
  EXPECT_THAT(cache_.Get<Widget>(WidgetKey("old")), IsNull());
  EXPECT_EQ(cache_.Size<Widget>(), 1);
}

TEST_F(CacheTest, SnapshotsDoNotChange) {
  cache_.Start();
  Commit(CreateWidget("a", 1));
  const auto before = cache_.Get<Widget>(WidgetKey("a"));
  Commit(UpdateWidget("a", 2));
  EXPECT_EQ(before->value, 1);
}

TEST_F(CacheTest, ListsByNamespaceThenName) {
  cache_.Start();
  for (const auto& [ns, name] : {std::pair{"b", "1"}, {"a", "2"}, {"a-b", "0"}, {"a", "1"}}) {
    Commit(PutWidget(store::Write::Op::kCreate, WidgetKey(name, ns), 0));
  }
  const auto names = [this](const std::string& ns) {
    std::vector<std::string> result;
    for (const auto& widget : cache_.List<Widget>(ns)) result.push_back(widget->name);
    return result;
  };
  EXPECT_THAT(names(""), ElementsAre("1", "2", "0", "1"));
  EXPECT_THAT(names("a"), ElementsAre("1", "2"));
  EXPECT_THAT(names("c"), IsEmpty());
}

TEST_F(CacheTest, IndexFollowsEveryChange) {
  Commit(CreateWidget("a", 1, {"x", "y"}));
  cache_.Start();
  Commit(CreateWidget("b", 1, {"y"}));
  EXPECT_THAT(Users("x"), ElementsAre("a"));
  EXPECT_THAT(Users("y"), ElementsAre("a", "b"));
  Commit(UpdateWidget("a", 2, {"z"}));
  EXPECT_THAT(Users("x"), IsEmpty());
  EXPECT_THAT(Users("y"), ElementsAre("b"));
  EXPECT_EQ(cache_.Count<Widget>("by-use", "z"), 1);
  Commit(DeleteWidget("b"));
  EXPECT_EQ(cache_.Count<Widget>("by-use", "y"), 0);
  EXPECT_EQ(cache_.Count<Widget>("by-use", "never"), 0);
}

TEST_F(CacheTest, SaysWhenAnObjectCannotBeRead) {
  cache_.Start();
  Commit(CreateWidget("a", 1, {"x"}));
  EXPECT_TRUE(cache_.Complete<Widget>());
  Commit({.op = store::Write::Op::kUpdate,
          .key = WidgetKey("a"),
          .body = std::make_shared<const Json>(Json{{"metadata", {{"name", "a"}}}})});
  EXPECT_THAT(cache_.Get<Widget>(WidgetKey("a")), IsNull());
  EXPECT_FALSE(cache_.Complete<Widget>()) << "nobody may conclude that x has no users";
  Commit(UpdateWidget("a", 2, {"x"}));
  EXPECT_TRUE(cache_.Complete<Widget>());
  EXPECT_THAT(Users("x"), ElementsAre("a"));
}

TEST_F(CacheTest, OtherKindsAreIgnored) {
  cache_.Start();
  Commit(PutWidget(store::Write::Op::kCreate, {.kind = "gadgets", .ns = "", .name = "a"}, 1));
  EXPECT_EQ(cache_.Size<Widget>(), 0);
}

TEST_F(CacheTest, StartMissesNothingThatIsCommittedMeanwhile) {
  std::jthread writer([this] {
    for (int i = 0; i < 300; ++i) {
      ASSERT_THAT(store_.Commit({CreateWidget(std::to_string(i), i, {"x"})}), IsOk());
      if (i >= 10) ASSERT_THAT(store_.Commit({DeleteWidget(std::to_string(i - 10))}), IsOk());
    }
  });
  cache_.Start();
  std::atomic<bool> wrong = false;
  std::jthread reader([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (cache_.ByIndex<Widget>("by-use", "x").size() > 11) wrong = true;
    }
  });
  writer.join();
  reader.request_stop();
  reader.join();
  EXPECT_FALSE(wrong);
  EXPECT_EQ(cache_.Size<Widget>(), 10);
  EXPECT_EQ(cache_.Count<Widget>("by-use", "x"), 10);
  EXPECT_THAT(cache_.Get<Widget>(WidgetKey("299")), NotNull());
}

}  // namespace
}  // namespace osbx::ctrl
