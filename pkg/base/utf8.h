// SPDX-License-Identifier: Apache-2.0
// UTF-8, judged as the JSON writer does. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace osbx {

// Length of the sequence at the front of the (not empty) text; 0 when it is malformed.
std::size_t Utf8SequenceLength(std::string_view text);

}  // namespace osbx
