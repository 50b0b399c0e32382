// SPDX-License-Identifier: Apache-2.0
#include "base/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace osbx {
namespace {

using Unit = std::pair<std::string_view, std::int64_t>;
constexpr std::array<Unit, 14> kUnits = {{
    {"", 1},
    {"b", 1},
    {"k", 1'000},
    {"kb", 1'000},
    {"ki", std::int64_t{1} << 10},
    {"m", 1'000'000},
    {"mb", 1'000'000},
    {"mi", std::int64_t{1} << 20},
    {"g", 1'000'000'000},
    {"gb", 1'000'000'000},
    {"gi", std::int64_t{1} << 30},
    {"t", 1'000'000'000'000},
    {"tb", 1'000'000'000'000},
    {"ti", std::int64_t{1} << 40},
}};
constexpr double kNanoPerCore = 1e9;
constexpr double kNanoPerMilli = 1e6;

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

Error Refuse(std::string_view what, std::string_view text, std::string_view expected) {
  return Error(Code::kInvalid, std::string(what) + " \"" + std::string(text) + "\": expected " +
                                   std::string(expected));
}

}  // namespace

Result<std::int64_t> ParseMemory(std::string_view text) {
  static constexpr std::string_view kExpected = "a whole number above 0 with unit, like 512Mi";
  const std::string_view trimmed = Trim(text);
  std::int64_t number = 0;
  const char* end = trimmed.data() + trimmed.size();
  const auto [unit_begin, error] = std::from_chars(trimmed.data(), end, number);
  if (error != std::errc() || number <= 0) return Refuse("memory", text, kExpected);

  const std::string unit =
      Lower(std::string_view(unit_begin, static_cast<std::size_t>(end - unit_begin)));
  for (const auto& [name, bytes] : kUnits) {
    if (name != unit) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / bytes) {
      return Refuse("memory", text, "at most 2^63-1 bytes");
    }
    return number * bytes;
  }
  return Refuse("memory", text, kExpected);
}

Result<std::int64_t> ParseCpu(std::string_view text) {
  static constexpr std::string_view kExpected = "cores above 0, like 1.5 or 500m";
  std::string_view number_text = Trim(text);
  double nano_per_unit = kNanoPerCore;
  if (!number_text.empty() && number_text.back() == 'm') {
    nano_per_unit = kNanoPerMilli;
    number_text.remove_suffix(1);
  }
  if (!number_text.empty() && number_text.front() == '+') number_text.remove_prefix(1);
  double number = 0;
  const char* end = number_text.data() + number_text.size();
  const auto [rest, error] = std::from_chars(number_text.data(), end, number);
  if (number_text.empty() || error != std::errc() || rest != end) {
    return Refuse("cpu", text, kExpected);
  }
  const double nano = number * nano_per_unit;
  // 2^63 is exact as a double; anything below it fits. NaN fails both comparisons.
  if (!(nano >= 1 && nano < 0x1p63)) return Refuse("cpu", text, kExpected);
  return static_cast<std::int64_t>(nano);
}

}  // namespace osbx
