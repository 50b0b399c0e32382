// SPDX-License-Identifier: Apache-2.0
// Lists, pages and revisions (contract/kubectl.md §5.1).
#include "registry/continue_token.h"
#include "registry/json_access.h"
#include "world.h"

namespace osbx::registry {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ListTest : public World {
 protected:
  void Fill(int count) {
    for (int i = 0; i < count; ++i) {
      Json body = Sandbox("s" + std::to_string(i));
      body["metadata"]["labels"] = {{"even", i % 2 == 0 ? "yes" : "no"}};
      ASSERT_THAT(Post("sandboxes", body), IsOk());
    }
  }
  Result<ListPage> List(ListOptions options) {
    if (options.ns.empty()) options.ns = "default";
    return registry_.List(Kind("sandboxes"), options);
  }
  static std::vector<std::string> Names(const ListPage& page) {
    std::vector<std::string> names;
    for (const ObjectPtr& object : page.objects) names.push_back(object->key.name);
    return names;
  }
};

TEST_F(ListTest, PagesAreOfOneSnapshot) {
  Fill(5);
  const auto first = List({.limit = "2"});
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(Names(*first), ElementsAre("s0", "s1"));
  EXPECT_EQ(first->remaining, 3);
  ASSERT_THAT(registry_.Modify(At("sandboxes/s3"),
                               [](Json& object) -> Result<> {
                                 object["metadata"].erase("finalizers");
                                 return {};
                               }),
              IsOk());
  ASSERT_THAT(registry_.Delete(At("sandboxes/s3"), {}, As("t")), IsOk());
  ASSERT_THAT(Post("sandboxes", Sandbox("s25")), IsOk());
  const auto second = List({.limit = "2", .continue_token = first->continue_token});
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(Names(*second), ElementsAre("s2", "s3"));
  EXPECT_EQ(second->revision, first->revision);
  EXPECT_EQ(second->remaining, 1);
  const auto third = List({.limit = "2", .continue_token = second->continue_token});
  ASSERT_THAT(third, IsOk());
  EXPECT_THAT(Names(*third), ElementsAre("s4"));
  EXPECT_EQ(third->continue_token, "");
  EXPECT_FALSE(third->remaining.has_value());
}

TEST_F(ListTest, SelectorsGoThroughPages) {
  Fill(6);
  const auto first = List({.label_selector = "even=yes", .limit = "2"});
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(Names(*first), ElementsAre("s0", "s2"));
  EXPECT_FALSE(first->remaining.has_value());
  const auto second =
      List({.label_selector = "even=yes", .limit = "2", .continue_token = first->continue_token});
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(Names(*second), ElementsAre("s4"));
  EXPECT_EQ(second->continue_token, "");
  const auto named = List({.label_selector = "even!=yes", .field_selector = "metadata.name=s3"});
  ASSERT_THAT(named, IsOk());
  EXPECT_THAT(Names(*named), ElementsAre("s3"));
  const auto excluded = List({.label_selector = "even=yes", .field_selector = "metadata.name=s3"});
  ASSERT_THAT(excluded, IsOk());
  EXPECT_THAT(Names(*excluded), ElementsAre());
  ASSERT_THAT(List({.ns = "nope"}), IsOk()) << "an absent namespace is an empty list";
}

TEST_F(ListTest, RevisionsMeanWhatTheMatchSays) {
  Fill(2);
  const std::string then = std::to_string(store_.Current());
  ASSERT_THAT(Post("sandboxes", Sandbox("t")), IsOk());
  const auto exact = List({.resource_version = then, .resource_version_match = "Exact"});
  ASSERT_THAT(exact, IsOk());
  EXPECT_EQ(exact->objects.size(), 2U);
  EXPECT_EQ(std::to_string(exact->revision), then);
  for (const char* match : {"", "NotOlderThan"}) {
    const auto newest = List({.resource_version = then, .resource_version_match = match});
    ASSERT_THAT(newest, IsOk());
    EXPECT_EQ(newest->objects.size(), 3U);
  }
  ASSERT_THAT(List({.resource_version = "0"}), IsOk());
  const auto future = List({.resource_version = "99999"});
  EXPECT_THAT(future, StatusIs(Code::kDeadlineExceeded));
  EXPECT_EQ(MessageOf(future), "Timeout: Too large resource version: 99999, current: " +
                                   std::to_string(store_.Current()));
  EXPECT_EQ(future.error().details()->retry_after_seconds, 1);
  EXPECT_EQ(future.error().causes()[0].reason, "ResourceVersionTooLarge");
}

TEST_F(ListTest, BadOptionsAreRefused) {
  const auto status = [&](ListOptions options) {
    const auto page = List(std::move(options));
    if (page) return 200;
    const StatusDetails* details = page.error().details();
    return details != nullptr && details->http_code != 0 ? details->http_code : 422;
  };
  EXPECT_EQ(status({.limit = "x"}), 400);
  EXPECT_EQ(status({.limit = "-1"}), 200);
  EXPECT_EQ(status({.resource_version = "x"}), 400);
  EXPECT_EQ(status({.resource_version = "0", .resource_version_match = "Exact"}), 422);
  EXPECT_EQ(status({.resource_version_match = "Exact"}), 422);
  EXPECT_EQ(status({.resource_version = "1", .resource_version_match = "Frob"}), 422);
  EXPECT_EQ(status({.continue_token = "x"}), 400);
  EXPECT_EQ(status({.label_selector = "=="}), 400);
  EXPECT_EQ(status({.field_selector = "frob=1"}), 400);
  const std::string token = EncodeContinue({1, "default", "a"});
  EXPECT_EQ(status({.continue_token = token, .resource_version = "1"}), 400);
  EXPECT_EQ(status({.continue_token = token,
                    .resource_version = "1",
                    .resource_version_match = "NotOlderThan"}),
            422);
}

TEST_F(ListTest, AnExpiredTokenOffersAnInconsistentOne) {
  store::MemoryStore small{store::Window{.max_events = 4}};
  Registry registry(small, clock_);
  ASSERT_THAT(registry.EnsureNamespaces(), IsOk());
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(registry.Create(At("sandboxes"), Sandbox("s" + std::to_string(i)), As("t")),
                IsOk());
  }
  const auto first = registry.List(Kind("sandboxes"), {.ns = "default", .limit = "1"});
  ASSERT_THAT(first, IsOk());
  for (int i = 0; i < 200; ++i) {
    ASSERT_THAT(
        registry.SetStatus(At("sandboxes/s0"), 0, {{"phase", i % 2 == 0 ? "Running" : "Pending"}}),
        IsOk());
  }
  const auto second = registry.List(
      Kind("sandboxes"), {.ns = "default", .limit = "1", .continue_token = first->continue_token});
  ASSERT_THAT(second, StatusIs(Code::kExpired));
  const std::string token = second.error().details()->continue_token;
  const auto third =
      registry.List(Kind("sandboxes"), {.ns = "default", .limit = "1", .continue_token = token});
  ASSERT_THAT(third, IsOk());
  EXPECT_THAT(Names(*third), ElementsAre("s1"));
  EXPECT_FAILS(registry.List(Kind("sandboxes"),
                             {.resource_version = "1", .resource_version_match = "Exact"}),
               Code::kExpired, "The resourceVersion for the provided list is too old.");
}

TEST_F(ListTest, TokensGoBothWaysAndBrokenOnesAreRefused) {
  const auto token = DecodeContinue(EncodeContinue({7, "ns", "a.b"}));
  ASSERT_THAT(token, IsOk());
  EXPECT_EQ(token->revision, 7);
  EXPECT_EQ(token->ns, "ns");
  EXPECT_EQ(token->name, "a.b");
  for (const char* text : {"", "!", "e30", "bnVsbA", "W10"}) {
    EXPECT_THAT(DecodeContinue(text), StatusIs(Code::kInvalid)) << text;
  }
}

TEST_F(ListTest, GetKnowsItsRevisions) {
  Fill(1);
  const auto found = registry_.Get(At("sandboxes/s0"));
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(*found, store_.Find(KeyOf(At("sandboxes/s0")))) << "the store's object, not a copy";
  EXPECT_FAILS(registry_.Get(At("sandboxes/x")), Code::kNotFound,
               "sandboxes.osbx.dev \"x\" not found");
  EXPECT_FAILS(registry_.Get(At("secrets/x")), Code::kNotFound, "secrets \"x\" not found");
  EXPECT_THAT(registry_.Get(At("sandboxes/s0"), "0"), IsOk());
  EXPECT_THAT(registry_.Get(At("sandboxes/s0"), "99999"), StatusIs(Code::kDeadlineExceeded));
  EXPECT_THAT(registry_.Get(At("sandboxes/s0"), "x"), StatusIs(Code::kInternal));
}

}  // namespace
}  // namespace osbx::registry
