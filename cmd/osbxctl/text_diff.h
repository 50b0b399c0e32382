// SPDX-License-Identifier: Apache-2.0
// Differences between two texts as `diff -u` prints them. Pure.
#pragma once

#include <string>
#include <string_view>

namespace osbx::ctl {

struct DiffNames {
  std::string before;  // behind "---"
  std::string after;   // behind "+++"
};
// "" when the texts are equal. Lines with three lines of context around each change.
std::string UnifiedDiff(std::string_view before, std::string_view after, const DiffNames& names);

// The same with removed lines red, added ones green, and places in cyan.
std::string PaintDiff(std::string_view diff);

}  // namespace osbx::ctl
