// SPDX-License-Identifier: Apache-2.0
// The small pure parts: byte ranges, lookups in passwd and group, texts as JSON, the state of
// sessions, names of programs, permission digits.
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "execd/byte_range.h"
#include "execd/events.h"
#include "execd/files.h"
#include "execd/process.h"
#include "execd/sessions.h"
#include "execd/users.h"

namespace osbx::execd {
namespace {

using ::testing::ElementsAre;

struct RangeCase {
  const char* header;
  std::uint64_t first;
  std::uint64_t size;  // 0: refused
  RangeFault fault;
};

class ByteRangeTest : public ::testing::TestWithParam<RangeCase> {};

TEST_P(ByteRangeTest, IsTheFirstOneOfAFileOfTenBytes) {
  const RangeCase& test = GetParam();
  RangeFault fault{};
  const auto range = ParseRange(test.header, 10, fault);
  ASSERT_EQ(range.has_value(), test.size > 0) << test.header;
  if (!range) {
    EXPECT_EQ(fault, test.fault) << test.header;
    return;
  }
  EXPECT_EQ(range->first, test.first) << test.header;
  EXPECT_EQ(range->size, test.size) << test.header;
}

INSTANTIATE_TEST_SUITE_P(
    All, ByteRangeTest,
    ::testing::Values(RangeCase{"bytes=0-9", 0, 10, {}}, RangeCase{"bytes=2-3", 2, 2, {}},
                      RangeCase{"bytes=8-100", 8, 2, {}}, RangeCase{"bytes=4-", 4, 6, {}},
                      RangeCase{"bytes=-3", 7, 3, {}}, RangeCase{"bytes=-30", 0, 10, {}},
                      RangeCase{"bytes= 1-1 , 3-4", 1, 1, {}},
                      RangeCase{"bytes=10-", 0, 0, RangeFault::kBeyondTheEnd},
                      RangeCase{"bytes=-0", 0, 0, RangeFault::kBeyondTheEnd},
                      RangeCase{"bytes=3-2", 0, 0, RangeFault::kMalformed},
                      RangeCase{"bytes=x", 0, 0, RangeFault::kMalformed},
                      RangeCase{"bytes=-", 0, 0, RangeFault::kMalformed},
                      RangeCase{"lines=0-1", 0, 0, RangeFault::kMalformed}));

TEST(Users, AreFoundInTheText) {
  constexpr std::string_view kPasswd =
      "root:x:0:0:root:/root:/bin/sh\nbroken\nme:x:7:8::/home/me:\n";
  constexpr std::string_view kGroup = "root:x:0:\nmine:x:8:\nextra:x:9:you,me\n";
  EXPECT_EQ(FindUser(kPasswd, 7)->name, "me");
  EXPECT_EQ(FindUser(kPasswd, "me")->gid, 8U);
  EXPECT_EQ(FindUser(kPasswd, "me")->home, "/home/me");
  EXPECT_FALSE(FindUser(kPasswd, 1));
  EXPECT_FALSE(FindUser("", "root"));
  EXPECT_EQ(FindGroup(kGroup, "extra"), 9U);
  EXPECT_EQ(FindGroup(kGroup, "none"), std::nullopt);
  EXPECT_EQ(GroupName(kGroup, 8), "mine");
  EXPECT_EQ(GroupName(kGroup, 1), "");
  EXPECT_THAT(GroupsOf(kGroup, "me"), ElementsAre(9U));
}

TEST(Events, TextsAreValidJsonWhateverTheBytes) {
  const auto json = [](std::string_view text) {
    std::string out;
    AppendJsonString(out, text);
    return out;
  };
  EXPECT_EQ(json("a\"\\\n\t\r\x01"), "\"a\\\"\\\\\\n\\t\\r\\u0001\"");
  EXPECT_EQ(json("é€😀"), "\"é€😀\"");
  EXPECT_EQ(json("\xff"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(json("\xC3"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(json("\xC0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(json("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(Sessions, TheirStateIsDirectoryAndVariables) {
  std::string cwd = "/before";
  constexpr std::string_view kState("/tmp\0A=1\0B=x\ny\0PS1=$\0_=/bin/x\0=z\0", 33);
  EXPECT_EQ(ParseState(kState, cwd), (EnvMap{{"A", "1"}, {"B", "x\ny"}}));
  EXPECT_EQ(cwd, "/tmp");
  cwd = "/before";
  EXPECT_EQ(ParseState("/tmp\0A=1", cwd), EnvMap());
  EXPECT_EQ(ParseState("", cwd), EnvMap());
  EXPECT_EQ(cwd, "/before");
}

TEST(Process, CandidatesAreLookedUpInThePath) {
  const auto paths = [](const char* name, const char* path) {
    std::vector<std::string> found;
    for (const auto& program : Candidates(name, path)) found.push_back(program.path);
    return found;
  };
  EXPECT_THAT(paths("sh", "/a::/b"), ElementsAre("/a/sh", "/b/sh"));
  EXPECT_THAT(paths("./sh", "/a"), ElementsAre("./sh"));
  EXPECT_THAT(paths("", "/a"), ElementsAre());
  EXPECT_THAT(paths("sh", ""), ::testing::Contains("/bin/sh"));
}

TEST(Files, ModesAreOctalDigitsWrittenAsANumber) {
  EXPECT_EQ(ModeFromDigits(755), 0755U);
  EXPECT_EQ(ModeFromDigits(4755), 04755U);
  EXPECT_EQ(ModeFromDigits(799), std::nullopt);
  EXPECT_EQ(ModeFromDigits(10000), std::nullopt);
  EXPECT_EQ(DigitsFromMode(0640), 640);
}

}  // namespace
}  // namespace osbx::execd
