// SPDX-License-Identifier: Apache-2.0
// All documents of a file or none, in one commit.
#include "world.h"

namespace osbx::registry {
namespace {

using fakes::IsOk;
using fakes::StatusIs;

class BatchTest : public World {
 protected:
  static BatchItem Item(std::string_view path, Json body) {
    return {At(path), std::make_shared<const Json>(std::move(body))};
  }
  static Json Namespace(const std::string& name) {
    return {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name}}}};
  }
};

TEST_F(BatchTest, ANamespaceAndWhatIsInItComeTogether) {
  const std::vector<BatchItem> items{Item("namespaces/n", Namespace("n")),
                                     Item("sandboxes/n/a", Sandbox("a")),
                                     Item("sandboxes/n/b", Sandbox("b"))};
  std::size_t batches = 0;
  const auto subscription = store_.Subscribe([&](const auto&) { ++batches; });
  const BatchOutcome made = registry_.ApplyAll(items, As("m"));
  EXPECT_TRUE(made.committed);
  EXPECT_EQ(batches, 1U);
  ASSERT_EQ(made.items.size(), 3U);
  for (const auto& item : made.items) {
    ASSERT_THAT(item, IsOk());
    EXPECT_EQ(item->effect, Effect::kCreated);
    EXPECT_EQ((*item->object->body)["metadata"]["resourceVersion"],
              std::to_string(item->object->revision));
  }
  const BatchOutcome again = registry_.ApplyAll(items, As("m"));
  EXPECT_TRUE(again.committed);
  for (const auto& item : again.items) {
    ASSERT_THAT(item, IsOk());
    EXPECT_EQ(item->effect, Effect::kUnchanged);
  }
  EXPECT_EQ(batches, 1U);
}

TEST_F(BatchTest, OneBadDocumentHoldsBackAll) {
  const store::Revision before = store_.Current();
  const BatchOutcome outcome =
      registry_.ApplyAll({Item("sandboxes/a", Sandbox("a")),
                          Item("sandboxes/b", Sandbox("b", {{"timeoutSeconds", 0}})),
                          Item("sandboxes/nope/c", Sandbox("c"))},
                         As("m"));
  EXPECT_FALSE(outcome.committed);
  ASSERT_EQ(outcome.items.size(), 3U);
  EXPECT_THAT(outcome.items[0], IsOk());
  EXPECT_THAT(outcome.items[1], StatusIs(Code::kInvalid));
  EXPECT_THAT(outcome.items[2], StatusIs(Code::kNotFound));
  EXPECT_EQ(store_.Current(), before);
}

TEST_F(BatchTest, DryRunSaysWhatWouldBe) {
  RequestInfo info = As("m");
  info.dry_run = true;
  const BatchOutcome outcome = registry_.ApplyAll({Item("sandboxes/a", Sandbox("a"))}, info);
  EXPECT_FALSE(outcome.committed);
  ASSERT_THAT(outcome.items[0], IsOk());
  EXPECT_EQ(outcome.items[0]->effect, Effect::kCreated);
  EXPECT_TRUE(Stored("sandboxes/a").is_null());
}

TEST_F(BatchTest, TheSameObjectTwiceIsWrittenOnce) {
  const BatchOutcome outcome =
      registry_.ApplyAll({Item("sandboxes/a", Sandbox("a")),
                          Item("sandboxes/a", Sandbox("a", {{"timeoutSeconds", 5}}))},
                         As("m"));
  EXPECT_TRUE(outcome.committed);
  EXPECT_EQ(Stored("sandboxes/a")["spec"]["timeoutSeconds"], 5);
  EXPECT_EQ(Stored("sandboxes/a")["metadata"]["resourceVersion"],
            std::to_string(RevisionOf("sandboxes/a")));
}

TEST_F(BatchTest, TheSameDocumentTwiceIsCreatedAndUnchanged) {
  const std::vector<BatchItem> items{Item("sandboxes/a", Sandbox("a")),
                                     Item("sandboxes/a", Sandbox("a"))};
  RequestInfo dry = As("m");
  dry.dry_run = true;
  for (const RequestInfo& info : {dry, As("m")}) {
    const BatchOutcome outcome = registry_.ApplyAll(items, info);
    ASSERT_THAT(outcome.items[1], IsOk());
    EXPECT_EQ(outcome.items[0]->effect, Effect::kCreated);
    EXPECT_EQ(outcome.items[1]->effect, Effect::kUnchanged);
    ASSERT_NE(outcome.items[1]->object->bytes, nullptr) << "it is what a client is answered";
    EXPECT_EQ(*outcome.items[1]->object->bytes, *outcome.items[0]->object->bytes);
  }
  EXPECT_EQ((*store_.Find(KeyOf(At("sandboxes/a")))->body)["metadata"]["generation"], 1);
}

TEST_F(BatchTest, CreatingWhatExistsFailsAll) {
  ASSERT_THAT(Post("sandboxes", Sandbox("a")), IsOk());
  const BatchOutcome outcome = registry_.CreateAll(
      {Item("sandboxes", Sandbox("b")), Item("sandboxes", Sandbox("a"))}, As("m"));
  EXPECT_FALSE(outcome.committed);
  EXPECT_THAT(outcome.items[1], StatusIs(Code::kAlreadyExists));
  EXPECT_TRUE(Stored("sandboxes/b").is_null());
}

}  // namespace
}  // namespace osbx::registry
