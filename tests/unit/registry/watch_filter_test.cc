// SPDX-License-Identifier: Apache-2.0
#include "registry/watch_filter.h"

#include "world.h"

namespace osbx::registry {
namespace {

class WatchFilter : public World {
 protected:
  // "ADDED 3 w=1" … of all sandbox events through a selector.
  std::vector<std::string> Seen(std::string_view labels, std::string_view fields = "",
                                std::string_view ns = "default") {
    const auto selector = Selector::Parse(Kind("sandboxes"), labels, fields);
    EXPECT_TRUE(selector.has_value());
    const auto events = store_.EventsAfter("sandboxes", store_.Oldest(), 1000);
    EXPECT_TRUE(events.has_value());
    std::vector<std::string> seen;
    for (const auto& event : *events) {
      const auto filtered = FilterEvent(*event, ns, *selector);
      if (!filtered) continue;
      static constexpr const char* kNames[] = {"ADDED", "MODIFIED", "DELETED"};
      const Json& metadata = (*filtered->object->body)["metadata"];
      EXPECT_EQ(metadata["resourceVersion"], std::to_string(event->revision));
      EXPECT_EQ(Json::parse(*filtered->object->bytes), *filtered->object->body);
      EXPECT_EQ(filtered->object->revision, event->revision);
      seen.push_back(std::string(kNames[static_cast<int>(filtered->type)]) +
                     " w=" + metadata.value("/labels/w"_json_pointer, ""));
    }
    return seen;
  }
  void Label(const char* key, const char* value) {
    ASSERT_TRUE(Merge("sandboxes/a", {{"metadata", {{"labels", {{key, value}}}}}}).has_value());
  }
};

// contract/kubectl.md §5.2, the measured sequence.
TEST_F(WatchFilter, EnteringIsAddedAndLeavingIsDeletedWithTheLastStateThatMatched) {
  Json body = Sandbox("a");
  body["metadata"]["labels"] = {{"w", "1"}};
  ASSERT_TRUE(Post("sandboxes", body).has_value());
  Label("x", "y");
  Label("w", "2");
  Label("w", "1");
  ASSERT_TRUE(registry_
                  .Modify(At("sandboxes/a"),
                          [](Json& object) -> Result<> {
                            object["metadata"].erase("finalizers");
                            return {};
                          })
                  .has_value());
  ASSERT_TRUE(registry_.Delete(At("sandboxes/a"), {}, As("t")).has_value());

  EXPECT_THAT(Seen("w=1"), ::testing::ElementsAre("ADDED w=1", "MODIFIED w=1", "DELETED w=1",
                                                  "ADDED w=1", "MODIFIED w=1", "DELETED w=1"));
  EXPECT_THAT(Seen("w=2"), ::testing::ElementsAre("ADDED w=2", "DELETED w=2"));
  EXPECT_THAT(Seen("w=3"), ::testing::IsEmpty());
  EXPECT_THAT(Seen("", "metadata.name=a"),
              ::testing::ElementsAre("ADDED w=1", "MODIFIED w=1", "MODIFIED w=2", "MODIFIED w=1",
                                     "MODIFIED w=1", "DELETED w=1"));
  EXPECT_THAT(Seen("", "metadata.name=b"), ::testing::IsEmpty());
  EXPECT_THAT(Seen("", "", "other"), ::testing::IsEmpty());
  EXPECT_EQ(Seen("").size(), 6U);
}

}  // namespace
}  // namespace osbx::registry
