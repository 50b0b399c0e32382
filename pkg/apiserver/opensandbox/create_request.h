// SPDX-License-Identifier: Apache-2.0
// The body of POST /sandboxes as the spec of a Sandbox, checked in the order of
// contract/lifecycle.md §3.3. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apiserver/opensandbox/failure.h"

namespace osbx::apiserver::opensandbox {

struct CreateRequest {
  std::map<std::string, std::string> metadata;
  std::vector<std::string> entrypoint;  // as it was sent
  JsonPtr spec;                         // never null in a result
};

Outcome<CreateRequest> ParseCreate(const http::Request& request,
                                   std::optional<std::int64_t> max_timeout_seconds);

// POSIX words: quotes and backslashes, no expansion. Absent: a quote is not closed.
std::optional<std::vector<std::string>> SplitWords(std::string_view text);

}  // namespace osbx::apiserver::opensandbox
