// SPDX-License-Identifier: Apache-2.0
#include "base/quantity.h"

#include <cstdint>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "fakes/matchers.h"

namespace osbx {
namespace {

using fakes::IsOk;
using fakes::StatusIs;

struct Case {
  std::string text;
  std::optional<std::int64_t> value;  // absent: Invalid
};

TEST(Quantity, MemoryFollowsItsGrammar) {
  const Case cases[] = {
      {"1", 1},
      {"1b", 1},
      {"2K", 2000},
      {"2kb", 2000},
      {"2Ki", 2048},
      {"3m", 3'000'000},
      {"3MB", 3'000'000},
      {"64Mi", 67'108'864},
      {"2Gi", 2'147'483'648},
      {"1g", 1'000'000'000},
      {"1gb", 1'000'000'000},
      {"1t", 1'000'000'000'000},
      {"1tB", 1'000'000'000'000},
      {"1Ti", 1'099'511'627'776},
      {" \t2Gi\n", 2'147'483'648},
      {"9223372036854775807", INT64_MAX},
      {"", std::nullopt},
      {" ", std::nullopt},
      {"0", std::nullopt},
      {"0Gi", std::nullopt},
      {"-1", std::nullopt},
      {"+1", std::nullopt},
      {"1.5Gi", std::nullopt},
      {"1 Gi", std::nullopt},
      {"1e3", std::nullopt},
      {"Gi", std::nullopt},
      {"1Gib", std::nullopt},
      {"1Pi", std::nullopt},
      {"9223372036854775808", std::nullopt},
      {"9223372036854775807k", std::nullopt},
      {"8388608Ti", std::nullopt},
  };
  for (const Case& row : cases) {
    const Result<std::int64_t> result = ParseMemory(row.text);
    if (row.value) {
      ASSERT_THAT(result, IsOk()) << row.text;
      EXPECT_EQ(*result, *row.value) << row.text;
    } else {
      EXPECT_THAT(result, StatusIs(Code::kInvalid)) << row.text;
    }
  }
}

TEST(Quantity, CpuFollowsItsGrammar) {
  const Case cases[] = {
      {"1", 1'000'000'000},         {"0.5", 500'000'000},   {".25", 250'000'000},
      {"100m", 100'000'000},        {"1.5m", 1'500'000},    {"1e1", 10'000'000'000},
      {"+2", 2'000'000'000},        {" 2 ", 2'000'000'000}, {"0.0000000019", 1},
      {"", std::nullopt},           {"m", std::nullopt},    {"0", std::nullopt},
      {"0m", std::nullopt},         {"-1", std::nullopt},   {"0.0000000001", std::nullopt},
      {"nan", std::nullopt},        {"inf", std::nullopt},  {"1M", std::nullopt},
      {"1x", std::nullopt},         {"0x10", std::nullopt}, {"1e30", std::nullopt},
      {"9300000000", std::nullopt},
  };
  for (const Case& row : cases) {
    const Result<std::int64_t> result = ParseCpu(row.text);
    if (row.value) {
      ASSERT_THAT(result, IsOk()) << row.text;
      EXPECT_EQ(*result, *row.value) << row.text;
    } else {
      EXPECT_THAT(result, StatusIs(Code::kInvalid)) << row.text;
    }
  }
}

}  // namespace
}  // namespace osbx
