// SPDX-License-Identifier: Apache-2.0
// What a plain YAML scalar means to kubectl, whose library follows YAML 1.1 with a few of 1.2's
// forms. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/json.h"

namespace osbx::api {

// Null, bool, number or string. Absent: .inf and .nan, which JSON cannot say.
std::optional<Json> ResolvePlainScalar(std::string_view text);

// Whether some YAML reader takes the plain text for something else than a string (also times and
// base-60 numbers), so that a writer must quote it.
bool LooksLikeAnotherType(std::string_view text);

}  // namespace osbx::api
