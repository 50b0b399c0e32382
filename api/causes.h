// SPDX-License-Identifier: Apache-2.0
// The causes of a validation error in Kubernetes' words (contract/kubectl.md §4.1). The message of
// a Status is "FIELD: MESSAGE" of each. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace osbx::api {

Cause Required(std::string field, std::string_view detail = "");
// Shows the value: scalars as JSON, lists and maps only by type name.
Cause InvalidValue(std::string field, const Json& value, std::string_view detail);
Cause InvalidText(std::string field, std::string_view value, std::string_view detail);
// For values that must not be shown (keys, passwords).
Cause InvalidHidden(std::string field, std::string_view detail);
// `expected` and `actual` are JSON type names or formats.
Cause WrongType(const std::string& field, std::string_view expected, std::string_view actual);
Cause Unsupported(std::string field, const Json& value, const std::vector<std::string>& supported);
Cause Duplicate(std::string field, const Json& value);
Cause Forbidden(std::string field, std::string_view detail);
Cause TooLong(std::string field, std::size_t max_length);
Cause TooMany(std::string field, std::size_t actual, std::size_t max_items);

// object, array, string, integer, number, boolean, null.
std::string_view JsonTypeName(const Json& value);

// Text for a message: never fails, whatever bytes are inside.
std::string DumpForPeople(const Json& value);

// "spec" + "env" -> "spec.env"; "" + "spec" -> "spec".
std::string Join(std::string_view path, std::string_view field);
// "spec.env" + 1 -> "spec.env[1]".
std::string Join(std::string_view path, std::size_t index);
// "data" + "tls.key" -> "data[tls.key]".
std::string JoinKey(std::string_view path, std::string_view key);

}  // namespace osbx::api
