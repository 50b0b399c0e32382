// SPDX-License-Identifier: Apache-2.0
#include "base/rfc3339.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <optional>

namespace osbx {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

std::tm UtcOf(Time time) {
  const std::time_t t = std::chrono::floor<seconds>(time).time_since_epoch().count();
  std::tm out{};
  gmtime_r(&t, &out);
  return out;
}

std::string Prefix(Time time) {
  const std::tm tm = UtcOf(time);
  std::array<char, 64> buffer{};
  const int n =
      std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02dT%02d:%02d:%02d",
                    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
  return {buffer.data(), static_cast<std::size_t>(n)};
}

// Reads fixed-width decimal fields from the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  std::optional<int> Digits(std::size_t count) {
    if (text_.size() < count) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return std::nullopt;
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(count);
    return value;
  }
  bool Take(std::string_view any_of) {
    if (text_.empty() || any_of.find(text_.front()) == std::string_view::npos) return false;
    last_ = text_.front();
    text_.remove_prefix(1);
    return true;
  }
  char Last() const { return last_; }
  bool AtDigit() const { return !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; }
  bool Done() const { return text_.empty(); }

 private:
  std::string_view text_;
  char last_ = 0;
};

Error BadTime(std::string_view text) {
  return {Code::kInvalid, "not an RFC 3339 time: \"" + std::string(text.substr(0, 64)) + "\""};
}

// Fraction of a second in microseconds; further digits are cut.
std::optional<microseconds> Fraction(Scanner& in) {
  if (!in.Take(".,")) return microseconds{0};
  if (!in.AtDigit()) return std::nullopt;
  int value = 0;
  int scale = 100000;
  while (in.AtDigit()) {
    value += in.Digits(1).value_or(0) * scale;
    scale /= 10;
  }
  return microseconds{value};
}

std::optional<seconds> Offset(Scanner& in) {
  if (in.Take("Zz")) return seconds{0};
  if (!in.Take("+-")) return std::nullopt;
  const int sign = in.Last() == '-' ? -1 : 1;
  const auto hours = in.Digits(2);
  const bool colon = in.Take(":");
  const auto minutes = in.Digits(2);
  if (!hours || !colon || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return seconds{sign * (*hours * 3600 + *minutes * 60)};
}

}  // namespace

std::string FormatTime(Time time) {
  return Prefix(time) + "Z";
}

std::string FormatMicroTime(Time time) {
  const auto fraction = std::chrono::floor<microseconds>(time) - std::chrono::floor<seconds>(time);
  std::array<char, 16> buffer{};
  const int n =
      std::snprintf(buffer.data(), buffer.size(), ".%06dZ", static_cast<int>(fraction.count()));
  return Prefix(time) + std::string(buffer.data(), static_cast<std::size_t>(n));
}

Result<Time> ParseTime(std::string_view text) {
  Scanner in(text);
  const auto year = in.Digits(4);
  const bool d1 = in.Take("-");
  const auto month = in.Digits(2);
  const bool d2 = in.Take("-");
  const auto day = in.Digits(2);
  const bool t = in.Take("Tt ");
  const auto hour = in.Digits(2);
  const bool c1 = in.Take(":");
  const auto minute = in.Digits(2);
  const bool c2 = in.Take(":");
  const auto second = in.Digits(2);
  if (!year || !d1 || !month || !d2 || !day || !t || !hour || !c1 || !minute || !c2 || !second)
    return BadTime(text);
  // Nanoseconds in 64 bits reach from 1677 to 2262; the years at both ends are left out whole.
  constexpr int kFirstYear = 1678;
  constexpr int kLastYear = 2261;
  if (*year < kFirstYear || *year > kLastYear) return BadTime(text);
  const auto fraction = Fraction(in);
  const auto offset = Offset(in);
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!fraction || !offset || !in.Done() || !date.ok() || *hour > 23 || *minute > 59 ||
      *second > 60) {
    return BadTime(text);
  }
  const Time base = std::chrono::sys_days{date};
  return base + std::chrono::hours{*hour} + std::chrono::minutes{*minute} + seconds{*second} +
         *fraction - *offset;
}

std::string FormatAge(Duration age) {
  const auto total = std::chrono::duration_cast<seconds>(age).count();
  if (total < -1) return "<invalid>";
  if (total < 0) return "0s";
  const auto minutes = total / 60;
  const auto hours = total / 3600;
  const auto days = hours / 24;
  const auto years = days / 365;
  const auto pair = [](std::int64_t big, const char* big_unit, std::int64_t small,
                       const char* small_unit) {
    std::string out = std::to_string(big) + big_unit;
    if (small != 0) out += std::to_string(small) + small_unit;
    return out;
  };
  if (total < 120) return std::to_string(total) + "s";
  if (minutes < 10) return pair(minutes, "m", total % 60, "s");
  if (hours < 3) return std::to_string(minutes) + "m";
  if (hours < 8) return pair(hours, "h", minutes % 60, "m");
  if (hours < 48) return std::to_string(hours) + "h";
  if (days < 8) return pair(days, "d", hours % 24, "h");
  if (years < 2) return std::to_string(days) + "d";
  if (years < 8) return pair(years, "y", days % 365, "d");
  return std::to_string(years) + "y";
}

}  // namespace osbx
