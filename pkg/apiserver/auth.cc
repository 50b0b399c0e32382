// SPDX-License-Identifier: Apache-2.0
#include "apiserver/auth.h"

#include "apiserver/opensandbox/request_head.h"
#include "apiserver/status_body.h"

namespace osbx::apiserver {

namespace {

// The token of "Bearer T"; the scheme's case does not matter (RFC 9110 §11.1).
std::string_view BearerToken(std::string_view value) {
  constexpr std::string_view kScheme = "bearer ";
  if (value.size() <= kScheme.size()) return {};
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = value[i];
    if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != kScheme[i]) return {};
  }
  return value.substr(kScheme.size());
}

}  // namespace

bool IsOpenPath(std::string_view raw_path) {
  constexpr std::string_view kOneCheck = "/readyz/";
  if (raw_path.size() > 1 && raw_path.back() == '/') raw_path.remove_suffix(1);
  return raw_path == "/version" || raw_path == "/healthz" || raw_path == "/livez" ||
         raw_path == "/readyz" ||
         (raw_path.starts_with(kOneCheck) &&
          raw_path.find_first_of("/%", kOneCheck.size()) == std::string_view::npos);
}

std::optional<http::Response> Authenticate(const http::Request& request, const Secret& key) {
  if (opensandbox::IsDialectPath(request.raw_path)) return opensandbox::CheckHead(request, key);
  if (key.Empty() || IsOpenPath(request.raw_path)) return std::nullopt;
  const Secret bearer(BearerToken(request.HeaderOf("authorization")));
  const Secret sdk(request.HeaderOf("open-sandbox-api-key"));
  if (bearer == key || sdk == key) return std::nullopt;
  return FromError(Error(Code::kUnauthenticated, "Unauthorized"));
}

Result<> CheckExposure(const std::string& address, const Secret& key) {
  const bool loopback = address.starts_with("127.") || address == "::1";
  if (loopback || !key.Empty()) return {};
  return Error(Code::kInvalid, "listening on " + address +
                                   " without an API key would let anybody in: set server.api_key, "
                                   "or listen on a loopback address");
}

}  // namespace osbx::apiserver
