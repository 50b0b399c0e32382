// SPDX-License-Identifier: Apache-2.0
// multipart/form-data as it arrives, in pieces of any size (RFC 7578). Only part headers and
// a boundary's length are buffered; contents go straight on. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace osbx::execd {

// The boundary in a Content-Type; "" when it is no multipart/form-data or has none.
std::string BoundaryOf(std::string_view content_type);

class MultipartParser {
 public:
  struct Sink {
    // `name` of the part, and whether it has a file name. An error ends the parsing.
    std::function<Result<>(std::string_view name, bool is_file)> begin;
    std::function<Result<>(std::string_view bytes)> data;
    std::function<Result<>()> end;
  };
  MultipartParser(std::string_view boundary, Sink sink);

  Result<> Feed(std::string_view bytes);
  // kInvalid when the closing boundary has not come.
  Result<> Finish() const;

 private:
  enum class State { kPreamble, kAfterBoundary, kHeaders, kData, kDone };
  Result<bool> Step();  // false: more bytes are needed
  Result<> BeginPart(std::string_view headers);

  static constexpr std::size_t kMostHeaders = 16U << 10;
  const std::string delimiter_;  // "\r\n--boundary"
  Sink sink_;
  State state_ = State::kPreamble;
  std::string buffer_;
};

}  // namespace osbx::execd
