// SPDX-License-Identifier: Apache-2.0
#include "execd/byte_range.h"

#include <algorithm>
#include <charconv>

namespace osbx::execd {
namespace {

bool ParseNumber(std::string_view text, std::uint64_t& number) {
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

}  // namespace

std::optional<ByteRange> ParseRange(std::string_view header, std::uint64_t file_size,
                                    RangeFault& fault) {
  fault = RangeFault::kMalformed;
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return std::nullopt;
  std::string_view spec = header.substr(kUnit.size());
  spec = spec.substr(0, spec.find(','));
  while (spec.starts_with(' ')) spec.remove_prefix(1);
  while (spec.ends_with(' ')) spec.remove_suffix(1);
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view first = spec.substr(0, dash);
  const std::string_view last = spec.substr(dash + 1);
  std::uint64_t from = 0;
  std::uint64_t to = UINT64_MAX;
  if (first.empty()) {
    std::uint64_t tail = 0;
    if (!ParseNumber(last, tail)) return std::nullopt;
    from = tail == 0 ? file_size : file_size - std::min(file_size, tail);
  } else if (!ParseNumber(first, from) || (!last.empty() && !ParseNumber(last, to)) || to < from) {
    return std::nullopt;
  }
  fault = RangeFault::kBeyondTheEnd;
  if (from >= file_size) return std::nullopt;
  return ByteRange{.first = from, .size = std::min(to, file_size - 1) - from + 1};
}

}  // namespace osbx::execd
