// SPDX-License-Identifier: Apache-2.0
// What the dialect decides from a request's head alone: whether the path is the dialect's, who may
// ask, CORS, and X-Request-ID (contract/lifecycle.md §§1, 1.1, 1.3). Pure, but for fresh ids.
#pragma once

#include <optional>
#include <string_view>

#include "base/secret.h"
#include "http/message.h"

namespace osbx::apiserver::opensandbox {

// /v1/…, /sandboxes…, /snapshots…, /pools…, /templates…, /health, /openapi.json.
bool IsDialectPath(std::string_view raw_path);

// Whether the request carries that API key, in any of the headers that may.
bool HasKey(const http::Request& request, const Secret& key);

// For a dialect path: a CORS preflight's answer, 401, or nothing (go on). Keys are compared in
// constant time; /health and /openapi.json are open, by their exact paths (W42);
// proxied requests are, because their handler asks for the sandbox's token.
std::optional<http::Response> CheckHead(const http::Request& request, const Secret& key);

// X-Request-ID on every response, CORS headers on those of dialect paths.
void FinishHead(const http::Request& request, http::Response& response);

}  // namespace osbx::apiserver::opensandbox
