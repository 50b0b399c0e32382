// SPDX-License-Identifier: Apache-2.0
// What osbxctl prints: tables, -o formats, paths, differences.
#include <fstream>

#include <nlohmann/json.hpp>

#include "cmd/osbxctl/diff_text.h"
#include "cmd/osbxctl/printer.h"
#include "cmd/osbxctl/table.h"
#include "cmd/osbxctl/terminal.h"
#include "cmd/osbxctl/text_diff.h"
#include "fakes/matchers.h"
#include "fakes/temp_dir.h"

namespace osbx::ctl {
namespace {

using fakes::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

Json TwoSandboxes() {
  return Json::parse(R"({"kind":"List","apiVersion":"v1","items":[
    {"kind":"Sandbox","apiVersion":"osbx.dev/v1","metadata":{"name":"b","generation":2},
     "status":{"phase":"Running","ports":[80,443]}},
    {"kind":"Sandbox","apiVersion":"osbx.dev/v1","metadata":{"name":"a"}}]})");
}

TEST(Table, ColumnsAreThreeBlanksApartAndNothingTrails) {
  EXPECT_EQ(FormatTable({{"NAME", "AGE", "X"}, {"long-name", "", ""}, {"ä", "1s", ""}}),
            "NAME        AGE   X\nlong-name\nä           1s\n");
}

TEST(Table, AWatchKeepsTheWidthsItHasPrinted) {
  std::vector<std::size_t> widths;
  FormatTable({{"NAME", "AGE"}, {"a-long-name", "1s"}}, {.widths = &widths});
  EXPECT_EQ(FormatTable({{"b", "2s"}}, {.widths = &widths}), "b             2s\n");
}

TEST(Table, ColoursDoNotMoveColumns) {
  const std::string text = FormatTable({{"PHASE", "X"}, {"Running", "1"}}, {.colour = true});
  EXPECT_EQ(text, "PHASE     X\n\x1b[32mRunning\x1b[0m   1\n");
}

TEST(Table, CellsCannotSteerTheTerminal) {
  EXPECT_EQ(CellText("a\x1b[31m\nb"), "a [31m b");
  EXPECT_EQ(CellText(nullptr), "<none>");
  EXPECT_EQ(CellText(""), "<none>");
  EXPECT_EQ(CellText(3), "3");
}

Json ServerTable() {
  return Json::parse(R"({"columnDefinitions":[{"name":"Name","format":"name"},{"name":"Phase"},
      {"name":"IP","priority":1}],
    "rows":[{"cells":["b","Running","1.2.3.4"],"object":{"metadata":{"namespace":"n","name":"b",
      "labels":{"app":"web","example.com/role":"db"}},"spec":{"n":10}}},
            {"cells":["a",null,"-"],"object":{"metadata":{"namespace":"n","name":"a"},"spec":{"n":9}}}]})");
}

TEST(Table, WideNamespaceAndLabelColumns) {
  const auto rows = RowsOfTable(ServerTable(), {.wide = true,
                                                .with_namespace = true,
                                                .show_labels = true,
                                                .label_columns = {"example.com/role"},
                                                .name_prefix = "sandbox/"});
  ASSERT_TRUE(rows.has_value());
  EXPECT_EQ((*rows)[0],
            (std::vector<std::string>{"NAMESPACE", "NAME", "PHASE", "IP", "ROLE", "LABELS"}));
  EXPECT_EQ((*rows)[1], (std::vector<std::string>{"n", "sandbox/b", "Running", "1.2.3.4", "db",
                                                  "app=web,example.com/role=db"}));
  EXPECT_EQ((*rows)[2], (std::vector<std::string>{"n", "sandbox/a", "<none>", "-", "", "<none>"}));
}

TEST(Table, SortsByNumberNotByText) {
  const auto rows = RowsOfTable(ServerTable(), {.header = false, .sort_by = "{.spec.n}"});
  ASSERT_TRUE(rows.has_value());
  EXPECT_EQ((*rows)[0][0], "a");
  EXPECT_THAT(RowsOfTable(ServerTable(), {.sort_by = ".spec["}), StatusIs(Code::kInvalid));
}

std::string Printed(const std::string& output, const Json& whole) {
  const auto printer = Printer::Parse(output);
  return printer ? printer->Print(whole, true) : printer.error().ToString();
}

TEST(Printer, NamesYamlAndJson) {
  EXPECT_EQ(Printed("name", TwoSandboxes()), "sandbox.osbx.dev/b\nsandbox.osbx.dev/a\n");
  EXPECT_EQ(Printed("name", Json::parse(R"({"kind":"Secret","apiVersion":"v1",
                                            "metadata":{"name":"s"}})")),
            "secret/s\n");
  EXPECT_EQ(Printed("yaml", Json{{"a", 1}}), "a: 1\n");
  EXPECT_EQ(Printed("json", Json{{"a", 1}}), "{\n    \"a\": 1\n}\n");
}

TEST(Printer, CustomColumns) {
  EXPECT_EQ(Printed("custom-columns=NAME:.metadata.name,PORTS:.status.ports[*],P:status.phase",
                    TwoSandboxes()),
            "NAME   PORTS    P\nb      80,443   Running\na      <none>   <none>\n");
  EXPECT_THAT(Printer::Parse("custom-columns=NAME"), StatusIs(Code::kInvalid));
  EXPECT_THAT(Printer::Parse("custom-columns="), StatusIs(Code::kInvalid));
}

TEST(Printer, CustomColumnsAndJsonPathFromFiles) {
  const fakes::TempDir dir;
  std::ofstream(dir / "columns") << "NAME  PHASE\n.metadata.name .status.phase\n";
  std::ofstream(dir / "path") << "{.items[0].metadata.name}";
  EXPECT_EQ(Printed("custom-columns-file=" + (dir / "columns"), TwoSandboxes()),
            "NAME   PHASE\nb      Running\na      <none>\n");
  EXPECT_EQ(Printed("jsonpath-file=" + (dir / "path"), TwoSandboxes()), "b");
  EXPECT_THAT(Printer::Parse("jsonpath-file=" + (dir / "none")), StatusIs(Code::kNotFound));
}

TEST(Printer, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(Printer::Parse("go-template={{.}}"), StatusIs(Code::kInvalid));
  EXPECT_THAT(Printer::Parse("yam"), StatusIs(Code::kInvalid));
}

TEST(JsonPathTemplate, TextPathsAndRanges) {
  struct Row {
    const char* text;
    const char* wanted;
  };
  static constexpr Row kRows[] = {
      {"{.items[*].metadata.name}", "b a"},
      {".items[1].metadata.name", "a"},
      {"name={.items[0].metadata.name}, {\"\\t\"}end", "name=b, \tend"},
      {"{range .items[*]}{.metadata.name}{\":\"}{.status.phase}{'\\n'}{end}", "b:Running\na:\n"},
      {"{range .items[*]}[{range .status.ports[*]}{@} {end}]{end}", "[80 443 ][]"},
      {"{range .items[*]}{$.kind}{end}", "ListList"},
      {"{.items[?(@.metadata.name==\"a\")].kind}", "Sandbox"},
      {"{.none}", ""},
      {"{.items[0].metadata}", R"({"generation":2,"name":"b"})"},
      {"{\"a}b\"}", "a}b"},
  };
  for (const Row& row : kRows) {
    const auto parsed = PathTemplate::Parse(row.text);
    ASSERT_TRUE(parsed.has_value()) << row.text << ": " << parsed.error().ToString();
    EXPECT_EQ(parsed->Render(TwoSandboxes()), row.wanted) << row.text;
  }
}

TEST(JsonPathTemplate, RefusesWhatIsNotClosed) {
  for (const char* text : {"{.a", "{range .a}{.b}", "{end}", "{.a[}", "x{range .a"})
    EXPECT_THAT(PathTemplate::Parse(text), StatusIs(Code::kInvalid)) << text;
}

TEST(Diff, OfEqualTextsIsEmpty) {
  EXPECT_EQ(UnifiedDiff("a\nb\n", "a\nb\n", {"x", "y"}), "");
}

TEST(Diff, IsWhatDiffUPrints) {
  EXPECT_EQ(
      UnifiedDiff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", {"x", "y"}),
      "--- x\n+++ y\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
  EXPECT_EQ(UnifiedDiff("", "a\nb\n", {"x", "y"}), "--- x\n+++ y\n@@ -0,0 +1,2 @@\n+a\n+b\n");
  EXPECT_EQ(UnifiedDiff("a\n", "", {"x", "y"}), "--- x\n+++ y\n@@ -1 +0,0 @@\n-a\n");
}

TEST(Diff, FarChangesAreHunksOfTheirOwn) {
  std::string before;
  for (int i = 1; i <= 20; ++i) before += std::to_string(i) + "\n";
  std::string after = before;
  after.replace(0, 2, "one\n");
  after.replace(after.find("20\n"), 3, "twenty\n");
  EXPECT_EQ(UnifiedDiff(before, after, {"x", "y"}),
            "--- x\n+++ y\n@@ -1,4 +1,4 @@\n-1\n+one\n 2\n 3\n 4\n"
            "@@ -17,4 +17,4 @@\n 17\n 18\n 19\n-20\n+twenty\n");
}

TEST(Diff, OfObjectsLeavesOutWhatApplyDoesNotDecide) {
  const Json live = Json::parse(R"({"kind":"Sandbox","metadata":{"name":"a","resourceVersion":"1",
      "managedFields":[{}]},"spec":{"image":"x"},"status":{"phase":"Running"}})");
  Json merged = live;
  merged["metadata"]["resourceVersion"] = "2";
  merged["status"]["phase"] = "Pending";
  EXPECT_EQ(DiffObjects(live, merged, "a", false), "");
  merged["spec"]["image"] = "z";
  EXPECT_THAT(DiffObjects(live, merged, "a", false), HasSubstr("-  image: x\n+  image: z\n"));
}

TEST(Diff, I5_SecretsAreMaskedAndStillSeenToDiffer) {
  const Json live = Json::parse(
      R"({"kind":"Secret","metadata":{"name":"s"},"data":{"same":"AAAA","other":"BBBB"}})");
  Json merged = live;
  merged["data"]["other"] = "CCCC";
  const std::string text = DiffObjects(live, merged, "s", false);
  EXPECT_THAT(text, HasSubstr("-  other: '*** (before)'\n+  other: '*** (after)'\n"));
  for (const char* value : {"AAAA", "BBBB", "CCCC"}) EXPECT_THAT(text, Not(HasSubstr(value)));
}

TEST(Diff, ColoursSayWhatIsWhat) {
  EXPECT_EQ(PaintDiff("@@ -1 +1 @@\n-a\n+b\n c\n"),
            "\x1b[36m@@ -1 +1 @@\x1b[0m\n\x1b[31m-a\x1b[0m\n\x1b[32m+b\x1b[0m\n c\n");
}

}  // namespace
}  // namespace osbx::ctl
