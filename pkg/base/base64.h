// SPDX-License-Identifier: Apache-2.0
// Base64 of RFC 4648: the standard alphabet with padding, and the URL alphabet without. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace osbx {

std::string EncodeBase64(std::string_view data);
std::string EncodeBase64Url(std::string_view data);
// Absent when the text is not base64. Padding is required; line breaks are refused.
std::optional<std::string> DecodeBase64(std::string_view text);
std::optional<std::string> DecodeBase64Url(std::string_view text);  // padding is refused

}  // namespace osbx
