// SPDX-License-Identifier: Apache-2.0
// Reads JSON from outside: reports fields met twice (the last value wins, as strict validation
// wants to know), and refuses nesting that would exhaust the stack of whoever walks the value.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace osbx::apiserver {

struct Body {
  JsonPtr value;                              // never null in a result
  std::vector<std::string> duplicate_fields;  // "spec.size", "spec.env[0].name"
};

// Errors: 400 BadRequest.
Result<Body> ParseJson(std::string_view text);

}  // namespace osbx::apiserver
