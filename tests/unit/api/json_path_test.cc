// SPDX-License-Identifier: Apache-2.0
#include "api/json_path.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace osbx::api {
namespace {

struct Case {
  const char* name;
  const char* path;
  const char* found;  // as a JSON list
};

class Paths : public testing::TestWithParam<Case> {};

TEST_P(Paths, LeadWhereKubernetesLeads) {
  const Json root = Json::parse(R"({
    "metadata":{"name":"a","labels":{"app.kubernetes.io/name":"x","app":"y"}},
    "spec":{"n":3,"list":["p","q","r"]},
    "status":{"conditions":[{"type":"Ready","status":"True","n":1},{"type":"Other","n":2}]}})");
  const auto path = JsonPath::Parse(GetParam().path);
  ASSERT_TRUE(path.has_value()) << path.error().message();
  Json found = Json::array();
  for (const Json* value : path->Find(root)) found.push_back(*value);
  EXPECT_EQ(found, Json::parse(GetParam().found));
}

INSTANTIATE_TEST_SUITE_P(
    Table, Paths,
    testing::Values(
        Case{"Field", ".metadata.name", R"(["a"])"},
        Case{"NoLeadingDot", "metadata.name", R"(["a"])"},
        Case{"Dollar", "$.metadata.name", R"(["a"])"},
        Case{"Braces", "{.metadata.name}", R"(["a"])"}, Case{"Absent", ".metadata.frob.x", "[]"},
        Case{"BelowScalar", ".spec.n.x", "[]"},
        Case{"EscapedDot", R"(.metadata.labels.app\.kubernetes\.io/name)", R"(["x"])"},
        Case{"QuotedField", ".metadata.labels['app.kubernetes.io/name']", R"(["x"])"},
        Case{"EscapeInQuotes", R"(.metadata.labels['app\.kubernetes\.io/name'])", R"(["x"])"},
        Case{"Index", ".spec.list[0]", R"(["p"])"}, Case{"LastIndex", ".spec.list[-1]", R"(["r"])"},
        Case{"IndexOutside", ".spec.list[9]", "[]"}, Case{"IndexFarBefore", ".spec.list[-9]", "[]"},
        Case{"Slice", ".spec.list[0:2]", R"(["p","q"])"},
        Case{"SliceToTheEnd", ".spec.list[1:]", R"(["q","r"])"},
        Case{"All", ".spec.list[*]", R"(["p","q","r"])"},
        Case{"AllMembers", ".metadata.labels.*", R"(["y","x"])"},
        Case{"AllThenField", ".status.conditions[*].type", R"(["Ready","Other"])"},
        Case{"FilterEqual", R"(.status.conditions[?(@.type=="Ready")].status)", R"(["True"])"},
        Case{"FilterSingleQuotes", R"(.status.conditions[?(@.type=='Other')].n)", "[2]"},
        Case{"FilterSpaces", R"(.status.conditions[?( @.n >= 2 )].type)", R"(["Other"])"},
        Case{"FilterNotEqual", R"(.status.conditions[?(@.type!="Ready")].type)", R"(["Other"])"},
        Case{"FilterLess", R"(.status.conditions[?(@.n<2)].type)", R"(["Ready"])"},
        Case{"FilterExists", R"(.status.conditions[?(@.status)].type)", R"(["Ready"])"},
        Case{"FilterOnScalars", R"(.spec.list[?(@=="q")])", R"(["q"])"},
        Case{"FilterOfMixedTypes", R"(.status.conditions[?(@.type>1)].type)", "[]"}),
    [](const auto& info) { return info.param.name; });

TEST(JsonPath, TheWholeObject) {
  const Json root = Json::parse("{\"a\":1}");
  EXPECT_EQ(*JsonPath::Parse("$")->First(root), root);
  EXPECT_EQ(*JsonPath::Parse(".")->First(root), root);
}

TEST(JsonPath, RefusesWhatItCannotRead) {
  for (const char* text : {".a[", ".a[x]", ".a[?(@.b==", ".a[?(@.b=\"c\")]", ".a[?(x)]", "..a",
                           ".a.", ".a['b]", ".a[?(@.b==[1])]", ".a[99999999999999999999]"}) {
    const auto path = JsonPath::Parse(text);
    ASSERT_FALSE(path.has_value()) << text;
    EXPECT_EQ(path.error().code(), Code::kInvalid) << text;
  }
}

}  // namespace
}  // namespace osbx::api
