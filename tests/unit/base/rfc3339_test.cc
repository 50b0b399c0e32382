// SPDX-License-Identifier: Apache-2.0
#include "base/rfc3339.h"

#include <gtest/gtest.h>

namespace osbx {
namespace {

TEST(Rfc3339, RoundTripsWholeSecondsAndMicroseconds) {
  const auto time = ParseTime("2026-01-02T03:04:05.000006Z");
  ASSERT_TRUE(time.has_value());
  EXPECT_EQ(FormatTime(*time), "2026-01-02T03:04:05Z");
  EXPECT_EQ(FormatMicroTime(*time), "2026-01-02T03:04:05.000006Z");
}

TEST(Rfc3339, OffsetsAreTheSameInstant) {
  EXPECT_EQ(*ParseTime("2026-01-01T00:30:00+01:00"), *ParseTime("2025-12-31T23:30:00.000Z"));
}

TEST(Rfc3339, RefusesWhatIsNotATime) {
  for (const char* text :
       {"", "2026", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00",
        "2026-01-01T00:00:00Zx", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00.Z"}) {
    EXPECT_FALSE(ParseTime(text).has_value()) << text;
  }
}

TEST(Rfc3339, RefusesYearsThatItsClockCannotHold) {
  for (const char* text : {"0001-01-01T00:00:00Z", "1677-12-31T00:00:00Z", "2262-01-01T00:00:00Z",
                           "9999-12-31T23:59:59Z"}) {
    EXPECT_FALSE(ParseTime(text).has_value()) << text;
  }
  EXPECT_TRUE(ParseTime("1678-01-01T00:00:00Z").has_value());
  EXPECT_TRUE(ParseTime("2261-12-31T23:59:59.999999Z").has_value());
}

TEST(FormatAge, PrintsWhatKubectlPrints) {
  using std::chrono::seconds;
  EXPECT_EQ(FormatAge(seconds{119}), "119s");
  EXPECT_EQ(FormatAge(seconds{120}), "2m");
  EXPECT_EQ(FormatAge(seconds{125}), "2m5s");
  EXPECT_EQ(FormatAge(seconds{10 * 60 + 5}), "10m");
  EXPECT_EQ(FormatAge(seconds{3 * 3600 + 12 * 60}), "3h12m");
  EXPECT_EQ(FormatAge(seconds{47 * 3600}), "47h");
  EXPECT_EQ(FormatAge(seconds{3 * 86400 + 3600}), "3d1h");
  EXPECT_EQ(FormatAge(seconds{400LL * 86400}), "400d");
}

}  // namespace
}  // namespace osbx
