// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error. [[nodiscard]] by type, so that no failure is dropped by accident.
//   OSBX_TRY(auto x, F());   // x = value, or return the error
//   OSBX_CHECK(F());         // the same for Result<>
// These two are the only macros with control flow in the project.
#pragma once

#include <type_traits>
#include <utility>

#include <tl/expected.hpp>

#include "base/error.h"

namespace osbx {

template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a Result is an expected
  Result(Base base) : Base(std::move(base)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): `return Error(…)`
  Result(Error error) : Base(tl::unexpect, std::move(error)) {}
};

// Drops a result on purpose; the reason is for the reader.
template <class T>
void Ignore(const Result<T>& /*result*/, const char* /*why*/) {}

}  // namespace osbx

#define OSBX_CONCAT_INNER(a, b) a##b
#define OSBX_CONCAT(a, b) OSBX_CONCAT_INNER(a, b)
#define OSBX_TRY_INNER(result, declaration, expression)      \
  auto result = (expression);                                \
  if (!result.has_value()) return std::move(result).error(); \
  declaration = *std::move(result)
#define OSBX_TRY(declaration, ...) \
  OSBX_TRY_INNER(OSBX_CONCAT(osbx_result_, __LINE__), declaration, (__VA_ARGS__))
#define OSBX_CHECK(...)                                                              \
  do {                                                                               \
    auto osbx_check_result = (__VA_ARGS__);                                          \
    if (!osbx_check_result.has_value()) return std::move(osbx_check_result).error(); \
  } while (false)
