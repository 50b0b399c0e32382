// SPDX-License-Identifier: Apache-2.0
#include "execd/glob.h"

#include <string>

#include <gtest/gtest.h>

namespace osbx::execd {
namespace {

struct Case {
  const char* pattern;
  const char* path;
  bool matches;
};

class GlobTest : public ::testing::TestWithParam<Case> {};

TEST_P(GlobTest, Matches) {
  const auto& [pattern, path, matches] = GetParam();
  ASSERT_TRUE(ValidGlob(pattern)) << pattern;
  EXPECT_EQ(GlobMatches(pattern, path), matches) << pattern << " and " << path;
}

INSTANTIATE_TEST_SUITE_P(
    All, GlobTest,
    ::testing::Values(
        Case{"", "", true}, Case{"", "a", false}, Case{"a.txt", "a.txt", true},
        Case{"*", "a", true}, Case{"*", "", true}, Case{"*", "a/b", false},
        Case{"*.cc", "a.cc", true}, Case{"*.cc", "a.h", false}, Case{"a*", "a", true},
        Case{"**", "a/b/c", true}, Case{"**/*.cc", "a.cc", true}, Case{"**/*.cc", "x/y/a.cc", true},
        Case{"x/**/a", "x/a", true}, Case{"x/**/a", "x/1/2/a", true},
        Case{"x/*/a", "x/1/2/a", false}, Case{"?", "a", true}, Case{"?", "", false},
        Case{"?", "/", false}, Case{"[a-c]x", "bx", true}, Case{"[a-c]x", "dx", false},
        Case{"[^a]x", "ax", false}, Case{"[!a]x", "bx", true}, Case{"[]]", "]", true},
        Case{"[a-]", "-", true}, Case{"[^a]", "/", false}, Case{"{a,b}.txt", "b.txt", true},
        Case{"{a,b}.txt", "c.txt", false}, Case{"{a,{b,c}}x", "cx", true}, Case{"{,a}x", "x", true},
        Case{"{*.cc,*.h}", "a.h", true}, Case{"\\*", "*", true}, Case{"\\*", "a", false},
        Case{"{a\\,b,c}", "a,b", true}, Case{"{[,],b}x", ",x", true}, Case{"{[,}],b}x", "bx", true},
        Case{"{a,{b,[},]}}x", ",x", true}));

TEST(Glob, RefusesWhatIsNotClosed) {
  for (const char* pattern : {"[", "[a", "[]", "{", "{a,b", "a\\", "{[}", "x{a,{b}", "\\\\["}) {
    EXPECT_FALSE(ValidGlob(pattern)) << pattern;
  }
  EXPECT_FALSE(ValidGlob(std::string(5000, '*')));
  for (const char* pattern : {"\\[", "\\{", "]", "}"}) EXPECT_TRUE(ValidGlob(pattern)) << pattern;
}

TEST(Glob, EndsSoonWhateverThePattern) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  EXPECT_FALSE(GlobMatches(pattern + "b", std::string(4000, 'a')));
  std::string braces;
  for (int i = 0; i < 60; ++i) braces += "{a,a}";
  EXPECT_FALSE(GlobMatches(braces + "b", std::string(60, 'a')));
}

}  // namespace
}  // namespace osbx::execd
