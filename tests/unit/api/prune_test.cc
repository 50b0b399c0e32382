// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/schema.h"
#include "api/schema_load.h"

namespace osbx::api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kSchema = R"({"type":"object","properties":{
  "spec":{"type":"object","properties":{
    "image":{"type":"string"},
    "policy":{"type":"string","default":"Never"},
    "at":{"type":"string","nullable":true},
    "env":{"type":"array","items":{"type":"object","properties":{
        "name":{"type":"string"},"ro":{"type":"boolean","default":false}}}},
    "labels":{"type":"object","additionalProperties":{"type":"string"}},
    "nested":{"type":"object","properties":{"n":{"type":"integer","default":3}}},
    "raw":{"type":"object","preserveUnknown":true,"properties":{
        "known":{"type":"object","properties":{}}}},
    "any":{}}}}})";

Json Parse(const char* text) {
  return Json::parse(text);
}

class Structural : public testing::Test {
 protected:
  SchemaPtr schema_ = ParseSchema(kSchema).value();
};

TEST_F(Structural, PruneRemovesAndNamesWhatIsUnknown) {
  Json value =
      Parse(R"({"frob":1,"spec":{"image":"a","frob":{"deep":1},"env":[{"name":"a","x":1}]}})");
  EXPECT_THAT(Prune(*schema_, value), ElementsAre("frob", "spec.env[0].x", "spec.frob"));
  EXPECT_EQ(value, Parse(R"({"spec":{"image":"a","env":[{"name":"a"}]}})"));
}

TEST_F(Structural, PruneKeepsFreeMapsAndPreservedFields) {
  Json value = Parse(R"({"spec":{"labels":{"a":"b"},"raw":{"x":{"y":1}},"any":{"z":[1]}}})");
  const Json before = value;
  EXPECT_THAT(Prune(*schema_, value), IsEmpty());
  EXPECT_EQ(value, before);
}

TEST_F(Structural, PrunePreservesUnknownFieldsButNotBelowKnownOnes) {
  Json value = Parse(R"({"spec":{"raw":{"known":{"x":1},"y":2}}})");
  EXPECT_THAT(Prune(*schema_, value), ElementsAre("spec.raw.known.x"));
}

TEST_F(Structural, PruneLeavesWrongTypesToValidation) {
  Json value = Parse(R"({"spec":"text"})");
  EXPECT_THAT(Prune(*schema_, value), IsEmpty());
  EXPECT_EQ(value, Parse(R"({"spec":"text"})"));
  value = Parse(R"({"spec":{"env":{"name":"a"},"image":{"x":1}}})");
  EXPECT_THAT(Prune(*schema_, value), IsEmpty());
}

TEST_F(Structural, DefaultFillsInAtEveryLevelThatExists) {
  Json value = Parse(R"({"spec":{"env":[{"name":"a"},{"name":"b","ro":true}],"nested":{}}})");
  Default(*schema_, value);
  EXPECT_EQ(value, Parse(R"({"spec":{"policy":"Never","nested":{"n":3},
      "env":[{"name":"a","ro":false},{"name":"b","ro":true}]}})"));
}

TEST_F(Structural, DefaultDoesNotMakeParents) {
  Json value = Parse("{}");
  Default(*schema_, value);
  EXPECT_EQ(value, Parse("{}"));
}

TEST_F(Structural, NullOfADefaultedFieldGetsTheDefault) {
  Json value = Parse(R"({"spec":{"policy":null}})");
  Default(*schema_, value);
  EXPECT_EQ(value, Parse(R"({"spec":{"policy":"Never"}})"));
}

TEST_F(Structural, OtherNullsAreDroppedUnlessNullable) {
  Json value = Parse(R"({"spec":{"image":null,"at":null,"labels":{"a":null,"b":"c"}}})");
  Default(*schema_, value);
  EXPECT_EQ(value, Parse(R"({"spec":{"at":null,"policy":"Never","labels":{"b":"c"}}})"));
  Json nothing = Parse(R"({"spec":null})");
  Default(*schema_, nothing);
  EXPECT_EQ(nothing, Parse("{}"));
}

}  // namespace
}  // namespace osbx::api
