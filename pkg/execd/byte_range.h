// SPDX-License-Identifier: Apache-2.0
// The Range header of a download (RFC 9110 §14; the first range only). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace osbx::execd {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t size = 0;  // not 0
};

enum class RangeFault { kMalformed, kBeyondTheEnd };

// "bytes=a-b", "bytes=a-", "bytes=-n" of a file of `file_size` bytes. Empty, with `fault` set, when
// it cannot be served.
std::optional<ByteRange> ParseRange(std::string_view header, std::uint64_t file_size,
                                    RangeFault& fault);

}  // namespace osbx::execd
