// SPDX-License-Identifier: Apache-2.0
#include "execd/line_splitter.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace osbx::execd {
namespace {

using ::testing::ElementsAreArray;
using Texts = std::vector<std::string>;

Texts Split(const Texts& reads, LineEnds ends) {
  Texts lines;
  const auto sink = [&lines](std::string_view line) { lines.emplace_back(line); };
  LineSplitter splitter(ends);
  for (const std::string& read : reads) splitter.Feed(read, sink);
  splitter.Finish(sink);
  return lines;
}

struct Case {
  LineEnds ends;
  Texts reads;
  Texts lines;
};

class LineSplitterTest : public ::testing::TestWithParam<Case> {};

TEST_P(LineSplitterTest, CutsReadsIntoLines) {
  const Case& test = GetParam();
  EXPECT_THAT(Split(test.reads, test.ends), ElementsAreArray(test.lines));
}

INSTANTIATE_TEST_SUITE_P(
    All, LineSplitterTest,
    ::testing::Values(Case{LineEnds::kStrip, {}, {}}, Case{LineEnds::kStrip, {"a"}, {"a"}},
                      Case{
                          LineEnds::kStrip, {"a\n\nb\n\n\nc\n"}, {"a", "\n", "b", "\n", "\n", "c"}},
                      Case{LineEnds::kStrip, {"a\r\nb\rc\n"}, {"a", "b", "c"}},
                      Case{LineEnds::kStrip, {"a\r", "\nb\n"}, {"a", "b"}},
                      Case{LineEnds::kStrip, {"a\r", "\r\n"}, {"a", "\n"}},
                      Case{LineEnds::kStrip, {"a\r", "\n", "\n"}, {"a", "\n"}},
                      Case{LineEnds::kStrip, {"a", "b", "c\nd"}, {"abc", "d"}},
                      Case{LineEnds::kStripSkip, {"a\n\nb\n\r\n\rc"}, {"a", "b", "c"}},
                      Case{LineEnds::kKeep, {"a\n\nb\rc"}, {"a\n", "\n", "b\r", "c"}},
                      Case{LineEnds::kKeep, {"a\r", "\nb\n"}, {"a\r", "\n", "b\n"}}));

TEST(LineSplitter, CutsALongLineBetweenCharacters) {
  std::string text = "x";  // so that the limit falls inside a character
  while (text.size() < 2 * LineSplitter::kLongestLine + 100) text += "é";
  const Texts lines = Split({text}, LineEnds::kStrip);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].size(), LineSplitter::kLongestLine - 1);
  EXPECT_EQ(lines[0] + lines[1] + lines[2], text);
  EXPECT_EQ(lines[1].front(), "é"[0]);
}

TEST(LineSplitter, CutsBytesThatAreNoTextAtTheLimit) {
  EXPECT_EQ(CutBetweenCharacters("aé", 2), 1U);
  EXPECT_EQ(CutBetweenCharacters("aé", 3), 3U);
  EXPECT_EQ(CutBetweenCharacters("abc", 2), 2U);
  EXPECT_EQ(CutBetweenCharacters("\x80\x80\x80\x80\x80\x80", 5), 5U);
}

}  // namespace
}  // namespace osbx::execd
