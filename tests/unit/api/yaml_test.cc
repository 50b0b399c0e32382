// SPDX-License-Identifier: Apache-2.0
#include "api/yaml.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace osbx::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Json One(std::string_view text) {
  const auto documents = ParseYaml(text, "f.yaml");
  if (!documents.has_value()) return "ERROR " + documents.error().message();
  if (documents->size() != 1) return "ERROR " + std::to_string(documents->size()) + " documents";
  return *documents->front().value;
}

std::string ErrorOf(std::string_view text) {
  const auto documents = ParseYaml(text, "f.yaml");
  if (documents.has_value()) return "no error";
  EXPECT_EQ(documents.error().code(), Code::kInvalid);
  return documents.error().message();
}

// ---- Scalars: the expectations are what kubectl 1.20 and 1.37 make of them ----

struct ScalarCase {
  const char* yaml;
  const char* json;
};

class PlainScalar : public testing::TestWithParam<ScalarCase> {};

TEST_P(PlainScalar, MeansWhatItMeansToKubectl) {
  EXPECT_EQ(One("v: " + std::string(GetParam().yaml) + "\n").at("v"), Json::parse(GetParam().json));
}

INSTANTIATE_TEST_SUITE_P(
    Table, PlainScalar,
    testing::Values(ScalarCase{"y", "true"}, ScalarCase{"n", "false"}, ScalarCase{"yes", "true"},
                    ScalarCase{"No", "false"}, ScalarCase{"on", "true"}, ScalarCase{"OFF", "false"},
                    ScalarCase{"true", "true"}, ScalarCase{"tRue", R"("tRue")"},
                    ScalarCase{"~", "null"}, ScalarCase{"Null", "null"}, ScalarCase{"", "null"},
                    ScalarCase{"1", "1"}, ScalarCase{"+1", "1"}, ScalarCase{"-7", "-7"},
                    ScalarCase{"0777", "511"}, ScalarCase{"0o777", "511"}, ScalarCase{"0x1F", "31"},
                    ScalarCase{"-0x1F", "-31"}, ScalarCase{"0b11", "3"}, ScalarCase{"08", "8"},
                    ScalarCase{"1_000", "1000"}, ScalarCase{"1e3", "1000"}, ScalarCase{"1.0", "1"},
                    ScalarCase{".5", "0.5"}, ScalarCase{"5.", "5"}, ScalarCase{"-.5", "-0.5"},
                    ScalarCase{"1.5e-3", "0.0015"},
                    ScalarCase{"9223372036854775807", "9223372036854775807"},
                    ScalarCase{"18446744073709551615", "18446744073709551615"},
                    ScalarCase{"-9223372036854775808", "-9223372036854775808"},
                    ScalarCase{"1e400", R"("1e400")"}, ScalarCase{"1:30", R"("1:30")"},
                    ScalarCase{"2001-01-01", R"("2001-01-01")"}, ScalarCase{"=", R"("=")"},
                    ScalarCase{".", R"(".")"}, ScalarCase{"0x", R"("0x")"},
                    ScalarCase{"1.2.3", R"("1.2.3")"}, ScalarCase{"500m", R"("500m")"},
                    ScalarCase{"\"1\"", R"("1")"}, ScalarCase{"'true'", R"("true")"},
                    ScalarCase{"!!str 5", R"("5")"}, ScalarCase{"!!int \"7\"", "7"},
                    ScalarCase{"!foo x", R"("x")"}, ScalarCase{"|\n  a\n  b", R"("a\nb\n")"},
                    ScalarCase{">-\n  a\n  b", R"("a b")"},
                    ScalarCase{R"("a\Nb\_ä")", R"("a\u0085b\u00a0ä")"},
                    ScalarCase{R"("\L\P\x7f\e")", R"("\u2028\u2029\u007f\u001b")"}));

TEST(ParseYaml, NumbersThatJsonCannotSayAreRefused) {
  EXPECT_THAT(ErrorOf("a: 1\nv: .inf\n"), StartsWith("f.yaml:2:4: "));
  EXPECT_THAT(ErrorOf("v: .nan\n"), StartsWith("f.yaml:1:4: "));
  EXPECT_THAT(ErrorOf("v: !!int x\n"), StartsWith("f.yaml:1:4: "));
}

// ---- Documents ----

TEST(ParseYaml, AStreamOfDocuments) {
  const auto documents =
      ParseYaml("# comment\n\n---\na: 1\n---\n---\n# nothing\n---\nb:\n  c: 2\n...\n", "f.yaml");
  ASSERT_TRUE(documents.has_value());
  ASSERT_EQ(documents->size(), 2U);
  EXPECT_EQ(*documents->at(0).value, Json::parse(R"({"a":1})"));
  EXPECT_EQ(documents->at(0).line, 4);
  EXPECT_EQ(*documents->at(1).value, Json::parse(R"({"b":{"c":2}})"));
  EXPECT_EQ(documents->at(1).line, 9);
}

TEST(ParseYaml, DocumentsMayBeSeparatedInAnyWay) {
  for (const char* text :
       {"a: 1\r\n---\r\nb: ä\r\n--- {c: 1}\r\n", "a: 1\n...\nb: 1\n...\n# x\nc: 1\n",
        "---\na: ä\n--- # x\nb: 1\n...\n---\nc: 1\n", "{a: 1}\n---\n[b]\n--- |\n c\n"}) {
    const auto documents = ParseYaml(text, "f.yaml");
    ASSERT_TRUE(documents.has_value()) << text << documents.error().message();
    EXPECT_EQ(documents->size(), 3U) << text;
  }
}

TEST(ParseYaml, NothingIsNoDocument) {
  for (const char* text : {"", "\n", "# only a comment\n", "---\n", "---\n---\n", "null\n"}) {
    const auto documents = ParseYaml(text, "f.yaml");
    ASSERT_TRUE(documents.has_value()) << text;
    EXPECT_TRUE(documents->empty()) << text;
  }
}

TEST(ParseYaml, AByteOrderMarkAndWindowsLineEndsAreFine) {
  EXPECT_EQ(One("\xEF\xBB\xBF"
                "a: 1\r\nb: x\r\n"),
            Json::parse(R"({"a":1,"b":"x"})"));
}

TEST(ParseYaml, JsonIsYamlToo) {
  EXPECT_EQ(One("{\"a\": \"\\ud83d\\ude00\", \"b\": [1, {\"c\": null}]}"),
            Json::parse(R"({"a":"😀","b":[1,{"c":null}]})"));
  EXPECT_EQ(One("{\n\t\"a\":\t1}"), Json::parse(R"({"a":1})"));
  EXPECT_EQ(One("{a: 1, b: [x, z]}"), Json::parse(R"({"a":1,"b":["x","z"]})"));
}

TEST(ParseYaml, KeysBecomeStrings) {
  EXPECT_EQ(One("1: a\ntrue: b\n1.5: c\n\"\": d\n"),
            Json::parse(R"({"1":"a","true":"b","1.5":"c","":"d"})"));
  EXPECT_EQ(One("y: 1\n"), Json::parse(R"({"true":1})"));  // kubectl's, too
  EXPECT_THAT(ErrorOf("? [a]\n: b\n"), StartsWith("f.yaml:1:3: "));
  EXPECT_THAT(ErrorOf("~: b\n"), StartsWith("f.yaml:1:1: "));
}

TEST(ParseYaml, DuplicateKeysAreReportedAndTheLastOneWins) {
  const auto documents = ParseYaml(
      "spec:\n  size: 1\n  env:\n  - {a: 1}\n  - {a: 1, a: 2}\n  size: 2\nspec2: 1\n", "f");
  ASSERT_TRUE(documents.has_value());
  EXPECT_THAT(documents->at(0).duplicate_fields, ElementsAre("spec.env[1].a", "spec.size"));
  EXPECT_EQ((*documents->at(0).value)["spec"]["size"], 2);
}

TEST(ParseJson, DuplicateKeysAreReportedAndTheLastOneWins) {
  const auto document = ParseJson(R"({"spec":{"size":1,"size":2,"l":[{"a":1,"a":1}]}})");
  ASSERT_TRUE(document.has_value());
  EXPECT_THAT(document->duplicate_fields, ElementsAre("spec.size", "spec.l[0].a"));
  EXPECT_EQ((*document->value)["spec"]["size"], 2);
}

TEST(ParseJson, SaysWhereItIsMalformedAndDoesNotRepeatIt) {
  const auto document = ParseJson("{\"a\": 1,\n \"key\": hunter2}");
  ASSERT_FALSE(document.has_value());
  EXPECT_EQ(document.error().code(), Code::kInvalid);
  EXPECT_THAT(document.error().message(), StartsWith("2:9: "));
  EXPECT_THAT(document.error().message(), Not(HasSubstr("hunter2")));
  EXPECT_FALSE(ParseJson("").has_value());
  EXPECT_FALSE(ParseJson("{} {}").has_value());
  EXPECT_FALSE(ParseJson("{a: 1}").has_value());
}

// ---- Errors have a place ----

struct ErrorCase {
  const char* name;
  const char* yaml;
  const char* place;
};

class MalformedYaml : public testing::TestWithParam<ErrorCase> {};

TEST_P(MalformedYaml, IsRefusedWithFileLineAndColumn) {
  EXPECT_THAT(ErrorOf(GetParam().yaml), StartsWith(GetParam().place));
}

INSTANTIATE_TEST_SUITE_P(
    Table, MalformedYaml,
    testing::Values(ErrorCase{"TabIndent", "a:\n\tb: 1\n", "f.yaml:2:3: "},
                    ErrorCase{"BadIndent", "a: 1\n b: 2\n", "f.yaml:2:3: "},
                    ErrorCase{"ColonInText", "a: b: c\n", "f.yaml:1:5: "},
                    ErrorCase{"OpenList", "a: [1\n", "f.yaml:2:1: "},
                    ErrorCase{"OpenQuote", "a: 'x", "f.yaml:1:6: "},
                    ErrorCase{"UnknownAnchor", "a: 1\nb: *y\n", "f.yaml:2:4: "},
                    ErrorCase{"AliasOfItself", "a: &x [*x]\n", "f.yaml:1:8: "},
                    ErrorCase{"SecondDocument", "a: 1\n---\nb: [\n", "f.yaml:4:1: "},
                    ErrorCase{"NotUtf8", "a: \xff\n", "f.yaml:1:4: the text is not UTF-8"},
                    ErrorCase{"Overlong", "a: 1\nb: \xc0\xaf\n", "f.yaml:2:4: the text"},
                    ErrorCase{"Surrogate", "a: \xed\xa0\x80\n", "f.yaml:1:4: the text"},
                    ErrorCase{"AboveUnicode", "a: \xf4\x90\x80\x80\n", "f.yaml:1:4: the text"},
                    ErrorCase{"CutSequence", "a: \xe2\x82", "f.yaml:1:4: the text"},
                    ErrorCase{"Control", "a: b\x04\n", "f.yaml:1:5: control"},
                    ErrorCase{"LoneComma", ",", "f.yaml:1:1: a new document"},
                    ErrorCase{"LoneBracket", "a: 1\n---\n]", "f.yaml:3:1: "},
                    ErrorCase{"TextAfterDocument", "{a: 1}\nb", "f.yaml:2:1: "},
                    ErrorCase{"MergeOfScalar", "a:\n  <<: 1\n", "f.yaml:2:7: "}),
    [](const auto& info) { return info.param.name; });

TEST(ParseYaml, ATabIsNamed) {
  EXPECT_THAT(ErrorOf("a:\n\tb: 1\n"), HasSubstr("tab"));
}

TEST(ParseYaml, NulIsRefused) {
  EXPECT_THAT(ErrorOf(std::string_view("a: \0b\n", 7)), StartsWith("f.yaml:1:4: control"));
}

// ---- Anchors ----

TEST(ParseYaml, AliasesAreCopies) {
  EXPECT_EQ(One("a: &x {b: [1]}\nc: *x\nd: [*x, *x]\n"),
            Json::parse(R"({"a":{"b":[1]},"c":{"b":[1]},"d":[{"b":[1]},{"b":[1]}]})"));
  EXPECT_EQ(One("a: &k key\n*k : 1\n"), Json::parse(R"({"a":"key","key":1})"));
}

TEST(ParseYaml, MergeKeysFillInWhatIsAbsent) {
  EXPECT_EQ(One("base: &b {x: 1, w: 2}\nmore: &m {x: 3, z: 4}\n"
                "one:\n  w: 9\n  <<: *b\ntwo:\n  <<: [*b, *m]\n  z: 5\n"),
            Json::parse(R"({"base":{"x":1,"w":2},"more":{"x":3,"z":4},
                            "one":{"x":1,"w":9},"two":{"x":1,"w":2,"z":5}})"));
  EXPECT_EQ(One("\"<<\": 1\n"), Json::parse(R"({"<<":1})"));
}

TEST(ParseYaml, AliasBombsAreRefused) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) text += (k == 0 ? "" : ", ") + last;
    text += "]\n";
  }
  EXPECT_THAT(ErrorOf(text), HasSubstr("too large"));
}

TEST(ParseYaml, LongTextsBehindAliasesAreBoundedToo) {
  std::string text = "a: &a \"" + std::string(1024 * 1024, 'x') + "\"\nb:\n";
  for (int i = 0; i < 200; ++i) text += "- *a\n";
  EXPECT_THAT(ErrorOf(text), HasSubstr("too large"));
}

TEST(ParseYaml, DepthIsBounded) {
  EXPECT_THAT(ErrorOf(std::string(100'000, '[')), StartsWith("f.yaml:1:"));
  std::string deep;
  for (int i = 0; i < 600; ++i) deep += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_THAT(ErrorOf(deep), StartsWith("f.yaml:"));
  // Depth that only aliases make.
  std::string stairs = "a0: &a0 [x]\n";
  for (int i = 1; i < 300; ++i) {
    stairs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" +
              std::to_string(i - 1) + "]\n";
  }
  EXPECT_THAT(ErrorOf(stairs), HasSubstr("too deeply"));
  EXPECT_FALSE(ParseJson(std::string(100'000, '[')).has_value());
}

// ---- Writing ----

TEST(ToYaml, LooksLikeKubectls) {
  EXPECT_EQ(ToYaml(Json::parse(R"({"apiVersion":"osbx.dev/v1","kind":"Sandbox",
      "metadata":{"labels":{"a":"y","b":"1.0"},"name":"x"},
      "spec":{"entrypoint":["sh","-c","a\nb\n"],"image":"a:1","timeoutSeconds":60,"empty":[],"none":{},
        "volumes":[{"mountPath":"/d","name":"d"},{"name":"e","options":[[1,[2]],null,true]}]}})")),
            R"(apiVersion: osbx.dev/v1
kind: Sandbox
metadata:
  labels:
    a: "y"
    b: "1.0"
  name: x
spec:
  empty: []
  entrypoint:
  - sh
  - -c
  - |
    a
    b
  image: a:1
  none: {}
  timeoutSeconds: 60
  volumes:
  - mountPath: /d
    name: d
  - name: e
    options:
    - - 1
      - - 2
    - null
    - true
)");
}

struct StringCase {
  const char* text;
  const char* yaml;
};

class StringStyle : public testing::TestWithParam<StringCase> {};

TEST_P(StringStyle, IsKubectls) {
  EXPECT_EQ(ToYaml(Json{{"k", GetParam().text}}), "k: " + std::string(GetParam().yaml) + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    Table, StringStyle,
    testing::Values(StringCase{"x", "x"}, StringCase{"", R"("")"}, StringCase{"true", R"("true")"},
                    StringCase{"y", R"("y")"}, StringCase{"1", R"("1")"},
                    StringCase{"0777", R"("0777")"}, StringCase{"1e3", R"("1e3")"},
                    StringCase{"null", R"("null")"}, StringCase{"~", R"("~")"},
                    StringCase{".inf", R"(".inf")"}, StringCase{"1:30", R"("1:30")"},
                    StringCase{"2026-01-02T03:04:05Z", R"("2026-01-02T03:04:05Z")"},
                    StringCase{"a: b", "'a: b'"}, StringCase{"a:", "'a:'"},
                    StringCase{"a #b", "'a #b'"}, StringCase{"a#b", "a#b"},
                    StringCase{" a", "' a'"}, StringCase{"a ", "'a '"}, StringCase{"- a", "'- a'"},
                    StringCase{"-a", "-a"}, StringCase{"it's", "it's"},
                    StringCase{"'a'", "'''a'''"}, StringCase{R"(say "x")", R"(say "x")"},
                    StringCase{"*a", "'*a'"}, StringCase{"&a", "'&a'"}, StringCase{"!a", "'!a'"},
                    StringCase{"%a", "'%a'"}, StringCase{"@a", "'@a'"}, StringCase{"`a", "'`a'"},
                    StringCase{"{a", "'{a'"}, StringCase{"[a", "'[a'"}, StringCase{"|", "'|'"},
                    StringCase{">", "'>'"}, StringCase{"?", "'?'"}, StringCase{"? a", "'? a'"},
                    StringCase{"---", "'---'"}, StringCase{"...", "'...'"},
                    StringCase{"a,b", "a,b"}, StringCase{R"(a\b)", R"(a\b)"},
                    StringCase{"a\tb", R"("a\tb")"}, StringCase{"a\r\nb", R"("a\r\nb")"},
                    StringCase{"ä€", "ä€"}, StringCase{"\x7f", R"("\x7f")"},
                    StringCase{"\xc2\x85", R"("\x85")"}, StringCase{"a\nb", "|-\n  a\n  b"},
                    StringCase{"a\nb\n", "|\n  a\n  b"}, StringCase{"a\n\n", "|+\n  a\n"},
                    StringCase{"\na", "|2-\n\n  a"}, StringCase{"  a\nb", "|2-\n    a\n  b"},
                    StringCase{"a \nb", R"("a \nb")"}, StringCase{"\n", R"("\n")"}));

// ---- Round trip ----

class RandomJson {
 public:
  explicit RandomJson(unsigned seed) : engine_(seed) {}

  Json Value(int depth) {
    switch (Below(depth > 0 ? 9 : 7)) {
      case 0:
        return nullptr;
      case 1:
        return Below(2) == 0;
      case 2:
        return static_cast<std::int64_t>(engine_()) - 2'000'000'000;
      case 3:
        return static_cast<double>(engine_()) / 1000.0;
      case 7:
        return List(depth);
      case 8:
        return Map(depth);
      default:
        return Text();
    }
  }

  Json Map(int depth) {
    Json map = Json::object();
    for (unsigned i = Below(4); i > 0; --i) map[Text()] = Value(depth - 1);
    return map;
  }

 private:
  Json List(int depth) {
    Json list = Json::array();
    for (unsigned i = Below(4); i > 0; --i) list.push_back(Value(depth - 1));
    return list;
  }

  // Of pieces that mean something to YAML.
  std::string Text() {
    static const std::vector<std::string> pieces{"a",
                                                 "b",
                                                 " ",
                                                 "\n",
                                                 ":",
                                                 "#",
                                                 "-",
                                                 "?",
                                                 "'",
                                                 "\"",
                                                 "\\",
                                                 "|",
                                                 ">",
                                                 "&",
                                                 "*",
                                                 "!",
                                                 "%",
                                                 "@",
                                                 "`",
                                                 "{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 ",",
                                                 "\t",
                                                 "\r",
                                                 "~",
                                                 "1",
                                                 "0",
                                                 "x",
                                                 ".",
                                                 "e",
                                                 "_",
                                                 "<<",
                                                 "=",
                                                 "true",
                                                 "no",
                                                 "ä",
                                                 "😀",
                                                 "\x01",
                                                 "\x7f",
                                                 "\xc2\x85",
                                                 "\xc2\xa0",
                                                 "\xe2\x80\xa8",
                                                 "\xef\xbb\xbf",
                                                 "---",
                                                 "...",
                                                 "\n\n",
                                                 "  ",
                                                 "2001-01-01",
                                                 "null",
                                                 "y"};
    std::string text;
    for (unsigned i = Below(7); i > 0; --i)
      text += pieces[Below(static_cast<unsigned>(pieces.size()))];
    return text;
  }

  unsigned Below(unsigned limit) { return static_cast<unsigned>(engine_() % limit); }

  std::mt19937 engine_;
};

TEST(RoundTrip, WhatIsWrittenIsReadBack) {
  for (unsigned seed = 0; seed < 20'000; ++seed) {
    Json value = RandomJson(seed).Map(4);
    if (value.empty()) value["k"] = RandomJson(seed).Value(0);
    const std::string text = ToYaml(value);
    ASSERT_EQ(One(text), value) << "seed " << seed << "\n" << text;
  }
}

TEST(RoundTrip, AnyValueAtTheTop) {
  for (unsigned seed = 0; seed < 5'000; ++seed) {
    const Json value = RandomJson(seed).Value(3);
    if (value.is_null()) continue;  // no document
    const std::string text = ToYaml(value);
    ASSERT_EQ(One(text), value) << "seed " << seed << "\n" << text;
  }
}

}  // namespace
}  // namespace osbx::api
