// SPDX-License-Identifier: Apache-2.0
// Text forms that object-store protocols use: percent-encoding, hex, XML text, HTTP and ISO
// 8601 dates. Shared by the fake object store and the ossfs stand-ins. Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace osbx::fakes {

// Parameters in the order of the request, decoded; "?acl" has the value "".
using Query = std::vector<std::pair<std::string, std::string>>;

enum class Slash { kKeep, kEncode };

std::string UrlEncode(std::string_view text, Slash slash);  // RFC 3986 unreserved stay
std::string UrlDecode(std::string_view text);               // a broken escape is kept as it is
Query ParseQuery(std::string_view text);                    // "+" is a space, as clients mean it

std::string HexEncode(std::string_view bytes);
std::string XmlEscape(std::string_view text);
// The texts of every <name>…</name>, unescaped, in order; attributes and nesting of the same name
// are not supported (the protocol's request bodies have neither).
std::vector<std::string> XmlTexts(std::string_view xml, std::string_view name);

std::string HttpDate(std::time_t time);                         // "Tue, 24 Nov 2026 15:12:00 GMT"
std::string IsoDate(std::time_t time);                          // "2026-11-24T15:12:00.000Z"
std::string IsoBasicDate(std::time_t time);                     // "20261124T151200Z"
std::optional<std::time_t> ParseDate(const std::string& text);  // HTTP date or ISO basic

std::string ToLower(std::string_view text);
std::string_view Trim(std::string_view text);

}  // namespace osbx::fakes
