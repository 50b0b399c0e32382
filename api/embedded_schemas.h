// SPDX-License-Identifier: Apache-2.0
// The schema files as compact JSON texts, compiled in at build time: shared structs first, then
// core kinds, then the other groups. Immutable; thread-safe.
#pragma once

#include <span>
#include <string_view>

namespace osbx::api {

std::span<const std::string_view> EmbeddedSchemas();

}  // namespace osbx::api
