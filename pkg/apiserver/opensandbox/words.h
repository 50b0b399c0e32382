// SPDX-License-Identifier: Apache-2.0
// Text as a shell would split it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace osbx::apiserver::opensandbox {

// POSIX words: quotes and backslashes, no expansion. Absent: a quote is not closed.
std::optional<std::vector<std::string>> SplitWords(std::string_view text);

// Nothing but spaces, tabs and line ends.
bool Blank(std::string_view text);

}  // namespace osbx::apiserver::opensandbox
