// SPDX-License-Identifier: Apache-2.0
// Amounts as people write them in resource limits (contract/docker_runtime.md §4). Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace osbx {

// Bytes: a whole number with an optional unit, spaces around, any case. None and "b" are bytes; k,
// m, g, t (also kb …) are powers of 1000; ki, mi, gi, ti powers of 1024. Zero, fractions and what
// does not fit in 63 bits are Invalid.
Result<std::int64_t> ParseMemory(std::string_view text);

// Nano-cores, truncated: "1.5" cores or "500m" thousandths. Finite, above zero, within 63 bits.
Result<std::int64_t> ParseCpu(std::string_view text);

}  // namespace osbx
