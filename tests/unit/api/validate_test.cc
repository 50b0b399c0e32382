// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/schema.h"
#include "api/schema_load.h"
#include "tests/unit/api/causes_matcher.h"

namespace osbx::api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SchemaPtr SchemaOf(const std::string& json) {
  auto schema = ParseSchema(json);
  EXPECT_TRUE(schema.has_value()) << json;
  return schema.value_or(nullptr);
}

struct Case {
  const char* name;
  const char* schema;  // of spec.x
  const char* value;
  const char* cause;  // "" = valid
};

class ValidateOneField : public testing::TestWithParam<Case> {};

TEST_P(ValidateOneField, SaysWhatKubernetesSays) {
  const auto schema = SchemaOf(GetParam().schema);
  const auto lines = Lines(Validate(*schema, Json::parse(GetParam().value), "spec.x"));
  if (std::string(GetParam().cause).empty()) {
    EXPECT_THAT(lines, IsEmpty());
  } else {
    EXPECT_THAT(lines, ElementsAre(GetParam().cause));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, ValidateOneField,
    testing::Values(
        Case{"BooleanIsBoolean", R"({"type":"boolean"})", "true", ""},
        Case{
            "StringForBoolean", R"({"type":"boolean"})", R"("yes please")",
            R"(FieldValueTypeInvalid spec.x: Invalid value: "string": spec.x in body must be of type boolean: "string")"},
        Case{
            "FloatForInt32", R"({"type":"integer","format":"int32"})", "1.5",
            R"(FieldValueTypeInvalid spec.x: Invalid value: "float64": spec.x in body must be of type int32: "float64")"},
        Case{
            "StringForInt64", R"({"type":"integer","format":"int64"})", R"("1")",
            R"(FieldValueTypeInvalid spec.x: Invalid value: "string": spec.x in body must be of type integer: "string")"},
        Case{"WholeFloatIsInteger", R"({"type":"integer","format":"int32"})", "3.0", ""},
        Case{"TooBigForInt32", R"({"type":"integer","format":"int32"})", "5000000000",
             "FieldValueInvalid spec.x: Invalid value: 5000000000: spec.x in body should be less "
             "than or equal to 2147483647"},
        Case{"TooBigForInt64", R"({"type":"integer","format":"int64"})", "1e300",
             "FieldValueInvalid spec.x: Invalid value: 1e+300: spec.x in body should be less than "
             "or equal to 9.223372036854775e+18"},
        Case{
            "NullWhereNotNullable", R"({"type":"string"})", "null",
            R"(FieldValueTypeInvalid spec.x: Invalid value: "null": spec.x in body must be of type string: "null")"},
        Case{"NullWhereNullable", R"({"type":"string","nullable":true})", "null", ""},
        Case{
            "ObjectForString", R"({"type":"string"})", "{}",
            R"(FieldValueTypeInvalid spec.x: Invalid value: "object": spec.x in body must be of type string: "object")"},
        Case{
            "StringForArray", R"({"type":"array","items":{"type":"string"}})", R"("a")",
            R"(FieldValueTypeInvalid spec.x: Invalid value: "string": spec.x in body must be of type array: "string")"},
        Case{
            "ArrayForObject", R"({"type":"object","properties":{}})", "[]",
            R"(FieldValueTypeInvalid spec.x: Invalid value: "array": spec.x in body must be of type object: "array")"},
        Case{"IntOrStringTakesInt", R"({"intOrString":true})", "5", ""},
        Case{"IntOrStringTakesString", R"({"intOrString":true})", R"("5m")", ""},
        Case{
            "IntOrStringRefusesBool", R"({"intOrString":true})", "true",
            R"(FieldValueTypeInvalid spec.x: Invalid value: "boolean": spec.x in body must be of type integer or string: "boolean")"},
        Case{"BelowMinimum", R"({"type":"integer","minimum":1})", "0",
             "FieldValueInvalid spec.x: Invalid value: 0: spec.x in body should be greater than or "
             "equal to 1"},
        Case{"AboveMaximum", R"({"type":"integer","maximum":65535})", "70000",
             "FieldValueInvalid spec.x: Invalid value: 70000: spec.x in body should be less than "
             "or equal to 65535"},
        Case{"FractionAboveMaximum", R"({"type":"number","maximum":0.5})", "0.75",
             "FieldValueInvalid spec.x: Invalid value: 0.75: spec.x in body should be less than or "
             "equal to 0.5"},
        Case{
            "TooShort", R"({"type":"string","minLength":1,"pattern":"^a"})", R"("")",
            R"(FieldValueInvalid spec.x: Invalid value: "": spec.x in body should be at least 1 chars long)"},
        Case{"TooLong", R"({"type":"string","maxLength":3})", R"("abcd")",
             "FieldValueTooLong spec.x: Too long: may not be more than 3 bytes"},
        Case{"LengthCountsCodePoints", R"({"type":"string","maxLength":3})", R"("äöü")", ""},
        Case{
            "PatternFails", R"({"type":"string","pattern":"^[a-z]+$"})", R"("A1")",
            R"(FieldValueInvalid spec.x: Invalid value: "A1": spec.x in body should match '^[a-z]+$')"},
        Case{
            "PatternIsNotFooledByNewline", R"({"type":"string","pattern":"^[a-z]+$"})",
            R"("abc\n")",
            R"(FieldValueInvalid spec.x: Invalid value: "abc\n": spec.x in body should match '^[a-z]+$')"},
        Case{
            "EnumFails", R"({"type":"string","enum":["A","B"]})", R"("C")",
            R"(FieldValueNotSupported spec.x: Unsupported value: "C": supported values: "A", "B")"},
        Case{"DateTime", R"({"type":"string","format":"date-time"})",
             R"("2026-01-02T03:04:05+02:00")", ""},
        Case{
            "NotADateTime", R"({"type":"string","format":"date-time"})", R"("tomorrow")",
            R"(FieldValueTypeInvalid spec.x: Invalid value: "tomorrow": spec.x in body must be of type date-time: "tomorrow")"},
        Case{"MicroTime", R"({"type":"string","format":"micro-time"})",
             R"("2026-01-02T03:04:05.000001Z")", ""},
        Case{
            "MicroTimeNeedsSixDecimals", R"({"type":"string","format":"micro-time"})",
            R"("2026-01-02T03:04:05Z")",
            R"(FieldValueTypeInvalid spec.x: Invalid value: "2026-01-02T03:04:05Z": spec.x in body must be of type micro-time: "2026-01-02T03:04:05Z")"},
        Case{
            "ByteIsNotRepeated", R"({"type":"string","format":"byte"})", R"("!hunter2!")",
            R"(FieldValueTypeInvalid spec.x: Invalid value: "string": spec.x in body must be of type byte: "string")"},
        Case{
            "SensitiveIsNotRepeated", R"({"type":"string","sensitive":true,"pattern":"^a"})",
            R"("hunter2")",
            R"x(FieldValueInvalid spec.x: Invalid value: "(hidden)": spec.x in body should match '^a')x"},
        Case{"TooMany", R"({"type":"array","maxItems":1,"items":{"type":"string"}})", R"(["a",1])",
             "FieldValueTooMany spec.x: Too many: 2: must have at most 1 items"},
        Case{"TooFew", R"({"type":"array","minItems":1,"items":{"type":"string"}})", "[]",
             "FieldValueInvalid spec.x: Invalid value: 0: spec.x in body should have at least 1 "
             "items"},
        Case{"DuplicateOfSet", R"({"type":"array","listType":"set","items":{"type":"string"}})",
             R"(["a","b","a"])", R"(FieldValueDuplicate spec.x[2]: Duplicate value: "a")"},
        Case{"DuplicateKey",
             R"({"type":"array","listType":"map","listMapKeys":["name"],"items":{"type":"object",
                "properties":{"name":{"type":"string"},"v":{"type":"string"}}}})",
             R"([{"name":"a","v":"1"},{"name":"a","v":"2"}])",
             R"(FieldValueDuplicate spec.x[1]: Duplicate value: {"name":"a"})"},
        Case{"AtomicListMayRepeat", R"({"type":"array","items":{"type":"string"}})", R"(["a","a"])",
             ""},
        Case{"RequiredIsAbsent",
             R"({"type":"object","required":["image"],"properties":{"image":{"type":"string"}}})",
             "{}", "FieldValueRequired spec.x.image: Required value"},
        Case{
            "MapValueOfWrongType", R"({"type":"object","additionalProperties":{"type":"string"}})",
            R"({"a":1})",
            R"(FieldValueTypeInvalid spec.x.a: Invalid value: "integer": spec.x.a in body must be of type string: "integer")"},
        Case{"NoneOfExactlyOne",
             R"({"type":"object","exactlyOneOf":["a","b"],"properties":{"a":{},"b":{}}})", "{}",
             "FieldValueRequired spec.x: Required value: exactly one of a, b must be given"},
        Case{"BothOfExactlyOne",
             R"({"type":"object","exactlyOneOf":["a","b"],"properties":{"a":{},"b":{}}})",
             R"({"a":1,"b":2})",
             "FieldValueForbidden spec.x.b: Forbidden: may not be given together with a"},
        Case{"NoneOfAtMostOne",
             R"({"type":"object","atMostOneOf":["a","b"],"properties":{"a":{},"b":{}}})", "{}", ""},
        Case{"BothOfAtMostOne",
             R"({"type":"object","atMostOneOf":[["a","b"]],"properties":{"a":{},"b":{}}})",
             R"({"a":1,"b":2})",
             "FieldValueForbidden spec.x.b: Forbidden: may not be given together with a"}),
    [](const auto& info) { return info.param.name; });

TEST(Validate, GivesCausesInTheOrderOfTheSchema) {
  const auto schema = SchemaOf(R"({"type":"object","required":["z","a"],"properties":{
      "z":{"type":"string"},"m":{"type":"boolean"},"a":{"type":"string"}}})");
  EXPECT_THAT(
      Places(Validate(*schema, Json::parse(R"({"m":1})"))),
      ElementsAre("FieldValueRequired z", "FieldValueTypeInvalid m", "FieldValueRequired a"));
}

TEST(Validate, PatternsRunInLinearTime) {
  // A backtracking engine needs 2^40 steps for this one.
  const auto schema = SchemaOf(R"({"type":"string","pattern":"^(a+)+$"})");
  const Json value = std::string(40, 'a') + "b";
  EXPECT_EQ(Validate(*schema, value, "x").size(), 1U);
}

TEST(ParseSchema, RefusesABrokenPattern) {
  const auto schema = ParseSchema(R"({"type":"string","pattern":"("})");
  ASSERT_FALSE(schema.has_value());
  EXPECT_EQ(schema.error().code(), Code::kInvalid);
}

TEST(ParseSchema, RefusesAnUnknownReference) {
  EXPECT_FALSE(ParseSchema(R"({"$ref":"#/Nobody"})").has_value());
}

class ImmutableFields : public testing::Test {
 protected:
  SchemaPtr schema_ = SchemaOf(R"({"type":"object","properties":{
      "image":{"type":"string","immutable":true},
      "size":{"type":"integer"},
      "list":{"type":"array","immutable":true,"items":{"type":"string"}},
      "key":{"type":"string","immutable":true,"sensitive":true}}})");

  std::vector<std::string> Update(const char* old_value, const char* new_value) {
    return Lines(ValidateUpdate(*schema_, Json::parse(old_value), Json::parse(new_value)));
  }
};

TEST_F(ImmutableFields, OthersMayChange) {
  EXPECT_THAT(Update(R"({"image":"a","size":1})", R"({"image":"a","size":2})"), IsEmpty());
}

TEST_F(ImmutableFields, ChangedIsRefused) {
  EXPECT_THAT(Update(R"({"image":"a"})", R"({"image":"b"})"),
              ElementsAre(R"(FieldValueInvalid image: Invalid value: "b": field is immutable)"));
}

TEST_F(ImmutableFields, RemovedIsRefused) {
  EXPECT_THAT(Update(R"({"image":"a"})", "{}"),
              ElementsAre("FieldValueInvalid image: Invalid value: null: field is immutable"));
}

TEST_F(ImmutableFields, AddedIsRefusedWithoutRepeatingTheList) {
  EXPECT_THAT(Update("{}", R"({"list":["a"]})"),
              ElementsAre(R"(FieldValueInvalid list: Invalid value: "array": field is immutable)"));
}

TEST_F(ImmutableFields, SensitiveIsNotRepeated) {
  EXPECT_THAT(
      Update("{}", R"({"key":"hunter2"})"),
      ElementsAre(R"x(FieldValueInvalid key: Invalid value: "(hidden)": field is immutable)x"));
}

}  // namespace
}  // namespace osbx::api
