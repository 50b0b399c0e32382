// SPDX-License-Identifier: Apache-2.0
// The shapes of execd's replies (contract/execd.md §1). Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "http/message.h"

namespace osbx::execd {

// {"code": code, "message": message}
http::Response Fail(int status, std::string_view code, std::string_view message);
http::Response BadBody(std::string_view message);       // 400 INVALID_REQUEST_BODY
http::Response RuntimeError(std::string_view message);  // 500 RUNTIME_ERROR
// 200 with "Content-Length: 0" and no type, as the JavaScript SDK needs it.
http::Response Empty();
http::Response Reply(const Json& body, int status = 200);

// A stream of events (contract/execd.md §2); `start` is called on the io thread.
http::Response EventStream(std::function<void(http::StreamPtr)> start);

// A body as JSON whatever its type says. An empty one is {} if `may_be_empty`.
Result<Json> ParseBody(const http::Request& request, bool may_be_empty = false);

// Members of a JSON object. Absent and null are `otherwise`; another type is kInvalid.
Result<std::string> StringOf(const Json& object, const char* name, std::string otherwise = "");
Result<bool> BoolOf(const Json& object, const char* name);
// Absent: -1. Negative numbers and fractions are kInvalid.
Result<std::int64_t> NumberOf(const Json& object, const char* name);

}  // namespace osbx::execd
