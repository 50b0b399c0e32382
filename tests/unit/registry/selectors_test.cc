// SPDX-License-Identifier: Apache-2.0
#include "registry/selectors.h"

#include "world.h"

namespace osbx::registry {
namespace {

using fakes::StatusIs;

Json Labelled(const Json& labels) {
  return {{"metadata", {{"name", "a"}, {"namespace", "ns"}, {"labels", labels}}}};
}

TEST(LabelSelector, MatchesAsKubernetesDoes) {
  const Json labels{{"app", "web"}, {"tier", "x"}, {"n", "5"}, {"empty", ""}, {"a.b/c", "1"}};
  const std::pair<const char*, bool> rows[] = {
      {"", true},
      {"app=web", true},
      {"app==web", true},
      {" app = web ", true},
      {"app=db", false},
      {"app!=db", true},
      {"app!=web", false},
      {"absent!=x", true},
      {"app in (web,db)", true},
      {"app in (db)", false},
      {"absent in (a)", false},
      {"app notin (db, other)", true},
      {"app notin (web)", false},
      {"absent notin (a)", true},
      {"app", true},
      {"absent", false},
      {"!app", false},
      {"!absent", true},
      {"n>4", true},
      {"n>5", false},
      {"n<6", true},
      {"app>1", false},
      {"absent<1", false},
      {"empty=", true},
      {"app=", false},
      {"a.b/c=1", true},
      {"app=web,tier=x", true},
      {"app=web,tier=y", false},
      {"app in (web),!absent,n>1", true},
      {"app in (web,)", true},
      {"empty in ()", true},
      {"in", false},
      {"notin!=x", true},
  };
  for (const auto& [text, expected] : rows) {
    const auto selector = LabelSelector::Parse(text);
    ASSERT_TRUE(selector.has_value()) << text << ": " << MessageOf(selector);
    EXPECT_EQ(selector->Matches(Labelled(labels)), expected) << text;
  }
}

TEST(LabelSelector, WhatCannotBeParsedIsABadRequest) {
  for (const char* text : {"=x",    "a=b,", ",a",   "a in",  "a in x",   "a in (x", "a in (x y)",
                           "a b",   "!",    "!a=b", "a=b=c", "a>x",      "a><1",    "-a",
                           "a/b/c", "/a",   "a=-b", "a=b c", "x in (-)", "(a)",     "a)"}) {
    const auto selector = LabelSelector::Parse(text);
    ASSERT_THAT(selector, StatusIs(Code::kInvalid)) << text;
    EXPECT_TRUE(selector.error().message().starts_with("unable to parse requirement: ")) << text;
    EXPECT_EQ(selector.error().details()->http_code, 400);
  }
}

TEST(LabelSelector, EqualitiesGoToTheIndex) {
  const auto selector = LabelSelector::Parse("a=1,b in (2),c in (3,4),!d,e!=5");
  ASSERT_TRUE(selector.has_value());
  EXPECT_THAT(selector->Equalities(),
              ::testing::ElementsAre(std::pair("a", "1"), std::pair("b", "2")));
}

TEST(FieldSelector, MatchesAsKubernetesDoes) {
  const api::Kind& sandbox = *api::FindKindByPlural("sandboxes");
  const Json object{{"metadata", {{"name", "a"}, {"namespace", "ns"}}},
                    {"spec", {{"image", "x,y=z\\"}}}};
  const std::pair<const char*, bool> rows[] = {
      {"", true},
      {"metadata.name=a", true},
      {"metadata.name==a", true},
      {"metadata.name!=a", false},
      {"metadata.name=b", false},
      {"metadata.namespace=ns,metadata.name=a", true},
      {"metadata.namespace=ns,metadata.name=b", false},
      {"status.phase=", true},
      {"status.phase!=Running", true},
      {"status.phase=Running", false},
      {"spec.image=x\\,y\\=z\\\\", true},
      {",metadata.name=a,", true},
  };
  for (const auto& [text, expected] : rows) {
    const auto selector = FieldSelector::Parse(sandbox, text);
    ASSERT_TRUE(selector.has_value()) << text << ": " << MessageOf(selector);
    EXPECT_EQ(selector->Matches(object), expected) << text;
  }
}

TEST(FieldSelector, AnAbsentBooleanComparesAsFalse) {
  const auto selector =
      FieldSelector::Parse(*api::FindKindByPlural("nodes"), "spec.unschedulable=false");
  ASSERT_TRUE(selector.has_value());
  EXPECT_TRUE(selector->Matches(Json::object()));
  EXPECT_TRUE(selector->Matches({{"spec", {{"unschedulable", false}}}}));
  EXPECT_FALSE(selector->Matches({{"spec", {{"unschedulable", true}}}}));
}

TEST(FieldSelector, ErrorsSayWhatIsWrong) {
  const api::Kind& kind = *api::FindKindByPlural("sandboxes");
  EXPECT_FAILS(FieldSelector::Parse(kind, "frob=1"), Code::kInvalid,
               "field label not supported: frob");
  EXPECT_FAILS(FieldSelector::Parse(kind, "metadata.name"), Code::kInvalid,
               "invalid selector: 'metadata.name'; can't understand 'metadata.name'");
  EXPECT_THAT(FieldSelector::Parse(kind, "metadata.name=a\\"), StatusIs(Code::kInvalid));
  EXPECT_THAT(FieldSelector::Parse(kind, "metadata.name=a\\b"), StatusIs(Code::kInvalid));
  EXPECT_THAT(FieldSelector::Parse(kind, "metadata.name=a=b"), StatusIs(Code::kInvalid));
}

}  // namespace
}  // namespace osbx::registry
