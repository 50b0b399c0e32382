// SPDX-License-Identifier: Apache-2.0
#include "registry/fieldset.h"

#include "registry/field_walk.h"
#include "world.h"

namespace osbx::registry {
namespace {

using fakes::StatusIs;

FieldSet Set(const char* text) {
  auto set = FieldSet::FromJson(Json::parse(text));
  EXPECT_TRUE(set.has_value()) << text;
  return set ? *set : FieldSet{};
}

TEST(FieldSet, WireFormGoesBothWays) {
  for (const char* text :
       {R"({})", R"({"f:spec":{}})", R"({"f:spec":{".":{},"f:a":{}}})",
        R"({"f:spec":{"f:env":{"k:{\"name\":\"A\"}":{".":{},"f:name":{},"f:value":{}}}}})",
        R"({"f:metadata":{"f:finalizers":{"v:\"a/b\"":{}}}})"}) {
    EXPECT_EQ(Set(text).ToJson(), Json::parse(text));
  }
  for (const char* text : {R"([])", R"({"spec":{}})", R"({"f:a":1})", R"({"f:a":[]})"}) {
    EXPECT_THAT(FieldSet::FromJson(Json::parse(text)), StatusIs(Code::kInvalid)) << text;
  }
}

TEST(FieldSet, HostileDepthIsRefused) {
  Json deep = Json::object();
  for (int i = 0; i < 300; ++i) deep = Json{{"f:a", deep}};
  EXPECT_THAT(FieldSet::FromJson(deep), StatusIs(Code::kInvalid));
}

TEST(FieldSet, Algebra) {
  const FieldSet a = Set(R"({"f:x":{".":{},"f:y":{},"f:z":{}},"f:w":{}})");
  const FieldSet b = Set(R"({"f:x":{"f:y":{}},"f:v":{}})");
  FieldSet both = a;
  both.Add(b);
  EXPECT_EQ(both.ToJson(), R"({"f:x":{".":{},"f:y":{},"f:z":{}},"f:w":{},"f:v":{}})"_json_text);
  EXPECT_EQ(a.Common(b).ToJson(), R"({"f:x":{"f:y":{}}})"_json_text);
  EXPECT_EQ(a.Without(b).ToJson(), R"({"f:x":{".":{},"f:z":{}},"f:w":{}})"_json_text);
  EXPECT_EQ(b.Without(a).ToJson(), R"({"f:v":{}})"_json_text);
  EXPECT_TRUE(a.Without(a).Empty());
  EXPECT_EQ(a.Without(Set(R"({"f:x":{}})")).ToJson(),
            R"({"f:x":{"f:y":{},"f:z":{}},"f:w":{}})"_json_text);
  EXPECT_EQ(a.WithoutTrees(Set(R"({"f:x":{}})")).ToJson(), R"({"f:w":{}})"_json_text);
}

TEST(FieldSet, PathsReadAsKubernetesWritesThem) {
  EXPECT_THAT(Set(R"({"f:metadata":{"f:labels":{"f:x":{}},"f:finalizers":{"v:\"a/b\"":{}}},
                      "f:spec":{"f:env":{"k:{\"name\":\"B\"}":{"f:value":{}}}}})")
                  .Paths(),
              ::testing::ElementsAre(".metadata.finalizers[=\"a/b\"]", ".metadata.labels.x",
                                     ".spec.env[name=\"B\"].value"));
}

class FieldWalk : public ::testing::Test {
 protected:
  const api::Schema* schema_ = api::FindKindByPlural("sandboxes")->schema->Find("spec");
};

TEST_F(FieldWalk, AppliedFieldsAreLeavesAndListItems) {
  FieldSet set;
  CollectFields(schema_,
                R"({"image":"x","env":[{"name":"A","value":"1"}],"entrypoint":["a","b"],
                    "metadata":{}, "resources":{"limits":{"cpu":"1"}}})"_json_text,
                set);
  EXPECT_EQ(set.ToJson(), R"({"f:image":{},"f:entrypoint":{},"f:metadata":{},
      "f:env":{"k:{\"name\":\"A\"}":{".":{},"f:name":{},"f:value":{}}},
      "f:resources":{"f:limits":{"f:cpu":{}}}})"_json_text);
}

TEST_F(FieldWalk, ADifferenceListsTheContainersItMakes) {
  FieldDiff diff;
  const Json before = R"({"image":"x","env":[{"name":"A","value":"1"},{"name":"B"}]})"_json_text;
  const Json after =
      R"({"image":"y","env":[{"name":"C"},{"name":"A","value":"2"}],"metadata":{"k":"v"}})"_json_text;
  CompareFields(schema_, &before, &after, diff);
  EXPECT_EQ(diff.changed.ToJson(), R"({"f:image":{},
      "f:env":{"k:{\"name\":\"A\"}":{"f:value":{}},"k:{\"name\":\"C\"}":{".":{},"f:name":{}}},
      "f:metadata":{".":{},"f:k":{}}})"_json_text);
  EXPECT_EQ(diff.removed.ToJson(),
            R"({"f:env":{"k:{\"name\":\"B\"}":{".":{},"f:name":{}}}})"_json_text);
}

TEST_F(FieldWalk, MergeKeepsOrderAndPutsNewItemsLast) {
  Json live = R"({"env":[{"name":"B"},{"name":"A","value":"1"}],"entrypoint":["a"]})"_json_text;
  MergeFields(
      schema_, live,
      R"({"env":[{"name":"C"},{"name":"A","value":"2"}],"entrypoint":["b","c"]})"_json_text);
  EXPECT_EQ(live, R"({"env":[{"name":"B"},{"name":"A","value":"2"},{"name":"C"}],
                      "entrypoint":["b","c"]})"_json_text);
}

TEST_F(FieldWalk, RemovalSparesWhatOthersHoldBelow) {
  Json value = R"({"env":[{"name":"A","value":"1"},{"name":"B","value":"2"}],"user":"u",
                   "metadata":{"x":"1"}})"_json_text;
  const FieldSet remove = Set(R"({"f:user":{},"f:metadata":{"f:x":{}},"f:env":{
      "k:{\"name\":\"A\"}":{".":{},"f:name":{},"f:value":{}},
      "k:{\"name\":\"B\"}":{".":{},"f:name":{},"f:value":{}}}})");
  const FieldSet keep = Set(R"({"f:env":{"k:{\"name\":\"B\"}":{"f:name":{}}}})");
  RemoveFields(schema_, value, remove, &keep);
  EXPECT_EQ(value, R"({"env":[{"name":"B"}]})"_json_text);
}

}  // namespace
}  // namespace osbx::registry
