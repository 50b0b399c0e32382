// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/request_head.h"

#include <algorithm>
#include <array>

#include "apiserver/opensandbox/failure.h"
#include "apiserver/opensandbox/proxy_path.h"
#include "base/ids.h"

namespace osbx::apiserver::opensandbox {

namespace {

constexpr std::array<std::string_view, 6> kRoots = {"sandboxes", "snapshots", "pools",
                                                    "templates", "health",    "openapi.json"};
constexpr std::size_t kRequestIdBytes = 16;

std::string_view Trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string_view BearerOf(const http::Request& request) {
  const std::string_view value = request.HeaderOf("authorization");
  return value.starts_with("Bearer ") ? value.substr(7) : std::string_view{};
}

std::array<std::string_view, 3> KeysOf(const http::Request& request) {
  return {request.HeaderOf("open-sandbox-api-key"), request.HeaderOf("x-api-key"),
          BearerOf(request)};
}

bool IsOpen(std::string_view path) {
  return path == "/health" || path == "/openapi.json";
}

bool IsPreflight(const http::Request& request) {
  return request.method == "OPTIONS" && request.HasHeader("origin") &&
         request.HasHeader("access-control-request-method");
}

http::Response Preflight(const http::Request& request) {
  http::Response response = http::Response::Text(200, "OK");
  response.headers.push_back(
      {"Access-Control-Allow-Methods", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"});
  response.headers.push_back({"Access-Control-Max-Age", "600"});
  const std::string_view wanted = request.HeaderOf("access-control-request-headers");
  if (!wanted.empty()) {
    response.headers.push_back({"Access-Control-Allow-Headers", std::string(wanted)});
  }
  return response;
}

// In any case: a proxied answer has its headers from elsewhere.
bool Has(const http::Response& response, std::string_view name) {
  return std::any_of(
      response.headers.begin(), response.headers.end(),
      [&](const http::Header& header) { return http::SameHeaderName(header.name, name); });
}

}  // namespace

bool IsDialectPath(std::string_view raw_path) {
  if (raw_path == "/v1" || raw_path.starts_with("/v1/")) return true;
  if (raw_path.empty()) return false;
  const std::string_view root = raw_path.substr(1, raw_path.find('/', 1) - 1);
  return std::find(kRoots.begin(), kRoots.end(), root) != kRoots.end();
}

bool HasKey(const http::Request& request, const Secret& key) {
  const auto keys = KeysOf(request);
  return std::any_of(keys.begin(), keys.end(),
                     [&key](std::string_view text) { return Secret(text) == key; });
}

std::optional<http::Response> CheckHead(const http::Request& request, const Secret& key) {
  if (IsPreflight(request)) return Preflight(request);
  if (key.Empty() || IsOpen(request.raw_path)) return std::nullopt;
  if (ParseProxyPath(request.raw_path) || HasKey(request, key)) return std::nullopt;
  const auto keys = KeysOf(request);
  if (std::any_of(keys.begin(), keys.end(), [](std::string_view text) { return !text.empty(); })) {
    return Failure(401, "INVALID_API_KEY", "The API key is not valid.").ToResponse();
  }
  return Failure(401, "MISSING_API_KEY",
                 "An API key is needed: send it in the OPEN-SANDBOX-API-KEY header.")
      .ToResponse();
}

void FinishHead(const http::Request& request, http::Response& response) {
  if (!Has(response, "X-Request-ID")) {
    const std::string_view given = Trimmed(request.HeaderOf("x-request-id"));
    response.headers.push_back(
        {"X-Request-ID", given.empty() ? RandomHex(kRequestIdBytes) : std::string(given)});
  }
  if (!IsDialectPath(request.raw_path)) return;
  if (Has(response, "Access-Control-Allow-Origin")) return;  // a backend that knows its origins
  response.headers.push_back({"Vary", "Origin"});
  if (!request.HasHeader("origin")) return;
  response.headers.push_back({"Access-Control-Allow-Origin", "*"});
  response.headers.push_back(
      {"Access-Control-Expose-Headers", "OPEN-SANDBOX-ORIGIN, X-Request-ID"});
}

}  // namespace osbx::apiserver::opensandbox
