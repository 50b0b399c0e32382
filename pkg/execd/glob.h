// SPDX-License-Identifier: Apache-2.0
// Patterns of file names (contract/execd.md §6): "*" and "?" within one name, "**" over any number
// of them, "[a-z]", "[^a]", "{a,b}", "\" before a literal. Work is bounded whatever the pattern.
// Pure.
#pragma once

#include <string_view>

namespace osbx::execd {

// False: an unclosed "[" or "{", a "\" at the end, or too long. Only valid patterns may be matched.
bool ValidGlob(std::string_view pattern);
bool GlobMatches(std::string_view pattern, std::string_view path);

}  // namespace osbx::execd
