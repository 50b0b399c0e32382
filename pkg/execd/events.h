// SPDX-License-Identifier: Apache-2.0
// The events of a command's stream (contract/execd.md §2): one JSON object and an empty line each.
// Text that is not UTF-8 is repaired. Pure, but for the clock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace osbx::execd {

std::int64_t NowMs();

// {"type":…,"text":…,"timestamp":…}; an empty text is left out.
void AppendEvent(std::string& out, std::string_view type, std::string_view text);
void AppendCount(std::string& out, std::int64_t execution_count);
// `results` is a JSON object as text.
void AppendResults(std::string& out, std::string_view results);
void AppendComplete(std::string& out, std::int64_t took_ms);
void AppendError(std::string& out, std::string_view name, std::string_view value,
                 const std::vector<std::string>& traceback);

// `text` as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace osbx::execd
