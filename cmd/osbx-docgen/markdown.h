// SPDX-License-Identifier: Apache-2.0
// Pieces of Markdown, and the sources as text. Pure but for the reads.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace osbx::docgen {

// The head of a generated page.
std::string Head(std::string_view title, std::string_view about);
// "| a | b |"; a vertical bar within a cell is escaped.
std::string Row(const std::vector<std::string>& cells);
std::string TableHead(const std::vector<std::string>& cells);
std::string Code(std::string_view text);  // `text`; "" for ""

// Calls `use` for every "quoted" text in the C++ files below root/folder (or in that one file),
// with the file and what stands before it on the line. In a fixed order.
using UseQuoted =
    std::function<void(const std::string& file, std::string_view before, const std::string& text)>;
void EachQuoted(const std::string& root, const std::string& folder, const UseQuoted& use);

}  // namespace osbx::docgen
