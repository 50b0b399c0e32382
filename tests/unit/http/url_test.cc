// SPDX-License-Identifier: Apache-2.0
#include "http/url.h"

#include <gtest/gtest.h>

namespace osbx::http {
namespace {

TEST(Url, DecodesEscapesAndLeavesMalformedOnes) {
  EXPECT_EQ(PercentDecode("a%2Fb%2f+%zz%4", false), "a/b/+%zz%4");
  EXPECT_EQ(PercentDecode("a+b%2B", true), "a b+");
  EXPECT_EQ(PercentDecode("%00", false), std::string(1, '\0'));
}

TEST(Url, EncodingIsUndoneByDecoding) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(PercentDecode(PercentEncode(all), true), all);
  EXPECT_EQ(PercentEncode("a b/c~"), "a%20b%2Fc~");
}

TEST(Url, QueryKeepsOrderAndRepeats) {
  const Query query("command=sh&command=-c&command=a%20b&watch=1&empty=&bare&&=x");
  EXPECT_EQ(query.All("command"), (std::vector<std::string_view>{"sh", "-c", "a b"}));
  EXPECT_TRUE(query.Flag("watch"));
  EXPECT_TRUE(query.Flag("bare"));
  EXPECT_FALSE(query.Flag("absent"));
  EXPECT_FALSE(Query("watch=false").Flag("watch"));
  EXPECT_EQ(query.Get("empty", "otherwise"), "");
  EXPECT_EQ(query.Get("absent", "otherwise"), "otherwise");
}

TEST(Url, SplitsPathsWithoutLosingEmptySegments) {
  EXPECT_EQ(SplitPath("/a//b/"), (std::vector<std::string_view>{"a", "", "b", ""}));
  EXPECT_EQ(SplitPath("/"), std::vector<std::string_view>{""});
}

}  // namespace
}  // namespace osbx::http
