// SPDX-License-Identifier: Apache-2.0
#include "api/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include <nlohmann/json.hpp>

namespace osbx::api {
namespace {

constexpr std::array<std::string_view, 5> kNulls{"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 11> kTrues{"y",    "Y",    "yes", "Yes", "YES", "true",
                                                  "True", "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 11> kFalses{"n",     "N",     "no",  "No",  "NO", "false",
                                                   "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 12> kNotFinite{".inf",  ".Inf",  ".INF",  "+.inf",
                                                      "+.Inf", "+.INF", "-.inf", "-.Inf",
                                                      "-.INF", ".nan",  ".NaN",  ".NAN"};

template <std::size_t N>
bool Among(const std::array<std::string_view, N>& words, std::string_view text) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool TakeDigits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), IsDigit);
  const auto count = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(count);
  return count > 0;
}

bool Take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool IsFloat(std::string_view text) {
  Take(text, "+-");
  if (TakeDigits(text)) {
    if (Take(text, ".")) TakeDigits(text);
  } else if (!Take(text, ".") || !TakeDigits(text)) {
    return false;
  }
  if (Take(text, "eE")) {
    Take(text, "+-");
    if (!TakeDigits(text)) return false;
  }
  return text.empty();
}

// Digits after an optional sign, with the base that their prefix says.
std::optional<Json> AsInteger(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  Take(text, "+-");
  int base = 10;
  const auto prefix = [&](std::string_view lower, std::string_view upper, int value) {
    if (!text.starts_with(lower) && !text.starts_with(upper)) return false;
    text.remove_prefix(lower.size());
    base = value;
    return true;
  };
  const bool marked = prefix("0x", "0X", 16) || prefix("0o", "0O", 8) || prefix("0b", "0B", 2);
  if (!marked && text.size() > 1 && text.front() == '0') base = 8;
  std::uint64_t magnitude = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, magnitude, base);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  constexpr std::uint64_t kMostNegative = std::uint64_t{1} << 63U;
  if (!negative) {
    if (magnitude < kMostNegative) return Json(static_cast<std::int64_t>(magnitude));
    return Json(magnitude);
  }
  if (magnitude > kMostNegative) return std::nullopt;
  return Json(static_cast<std::int64_t>(~magnitude + 1));
}

std::optional<Json> AsFloat(std::string_view text) {
  constexpr double kIntegerLimit = 9.0e18;  // below 2^63, so that the conversion is defined
  if (!IsFloat(text)) return std::nullopt;
  Take(text, "+");
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
  const bool whole = std::trunc(number) >= number && std::trunc(number) <= number;
  if (whole && std::abs(number) < kIntegerLimit) return Json(static_cast<std::int64_t>(number));
  return Json(number);
}

std::optional<Json> AsNumber(std::string_view text) {
  if (text.empty() || (!IsDigit(text.front()) &&
                       std::string_view("+-.").find(text.front()) == std::string_view::npos)) {
    return std::nullopt;
  }
  std::string plain(text);
  plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
  auto integer = AsInteger(plain);
  return integer.has_value() ? integer : AsFloat(plain);
}

// 2001-01-02 and what may follow.
bool LooksLikeTime(std::string_view text) {
  std::string_view rest = text;
  if (!TakeDigits(rest) || text.size() - rest.size() != 4 || !Take(rest, "-")) return false;
  return TakeDigits(rest) && Take(rest, "-") && TakeDigits(rest);
}

// 190:20:30 is a number to YAML 1.1 readers.
bool LooksLikeBase60(std::string_view text) {
  Take(text, "+-");
  return !text.empty() && IsDigit(text.front()) && text.find(':') != std::string_view::npos &&
         text.find_first_not_of("0123456789_:.") == std::string_view::npos;
}

}  // namespace

std::optional<Json> ResolvePlainScalar(std::string_view text) {
  if (Among(kNulls, text)) return Json(nullptr);
  if (Among(kTrues, text)) return Json(true);
  if (Among(kFalses, text)) return Json(false);
  if (Among(kNotFinite, text)) return std::nullopt;
  if (auto number = AsNumber(text); number.has_value()) return number;
  return Json(text);
}

bool LooksLikeAnotherType(std::string_view text) {
  const auto resolved = ResolvePlainScalar(text);
  return !resolved.has_value() || !resolved->is_string() || LooksLikeTime(text) ||
         LooksLikeBase60(text);
}

}  // namespace osbx::api
