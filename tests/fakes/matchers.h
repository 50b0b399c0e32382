// SPDX-License-Identifier: Apache-2.0
// What tests say about results: by code, never by text. There is no "is not ok" on purpose.
#pragma once

#include <ostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/result.h"

namespace osbx {

inline void PrintTo(const Error& error, std::ostream* out) {
  *out << error.ToString();
}
inline void PrintTo(Code code, std::ostream* out) {
  *out << CodeName(code);
}
template <class T>
void PrintTo(const Result<T>& result, std::ostream* out) {
  *out << (result.has_value() ? "ok" : result.error().ToString());
}

}  // namespace osbx

namespace osbx::fakes {

MATCHER(IsOk, "is ok") {
  return arg.has_value();
}
MATCHER_P(StatusIs, code, "fails with " + std::string(CodeName(code))) {
  return !arg.has_value() && arg.error().code() == code;
}

}  // namespace osbx::fakes
