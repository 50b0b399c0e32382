// SPDX-License-Identifier: Apache-2.0
// GET /sandboxes/{id}/endpoints/{port} (contract/lifecycle.md §10). Nothing is published on the
// host, so every port is reached through our own proxy, in both use_server_proxy modes; the token
// in `headers` opens it. Without a proxy no port can be reached, and the answer says so.
#include <charconv>

#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/dialect.h"
#include "base/endpoint_token.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

namespace {

constexpr int kMaxPort = 65535;

Outcome<int> PortOf(const http::Request& request) {
  const std::string_view text = http::ParamOf(request.params, "port");
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error == std::errc::result_out_of_range) {
    return Failure(400, "DOCKER::INVALID_PORT", "The port must be between 1 and 65535.");
  }
  if (error != std::errc() || end != text.data() + text.size()) {
    return FieldBroken({"int_parsing",
                        {"path", "port"},
                        "Input should be a valid integer, unable to parse string as an integer"});
  }
  if (port < 1 || port > kMaxPort) {
    return Failure(400, "DOCKER::INVALID_PORT", "The port must be between 1 and 65535.");
  }
  return port;
}

}  // namespace

Outcome<http::Response> Dialect::GetEndpoint(const Request& request) {
  OSBX_TRY(const int port, PortOf(request));
  if (request.query.Find("expires")) {
    if (request.query.Flag("use_server_proxy")) {
      return InvalidParameter("expires cannot be combined with use_server_proxy.");
    }
    return Failure(400, "SANDBOX::API_NOT_SUPPORTED",
                   "Signed endpoints are not offered on Docker.");
  }
  OSBX_TRY(const store::ObjectPtr object, Find(request));
  if (!options_.endpoint_token) {
    return Failure(500, "DOCKER::NETWORK_MODE_ENDPOINT_UNAVAILABLE",
                   "Port " + std::to_string(port) + " of sandbox " + object->uid +
                       " is neither published nor proxied.");
  }
  const std::string prefix = request.raw_path.starts_with("/v1/") ? "/v1" : "";
  Json out{{"endpoint", std::string(request.HeaderOf("host")) + prefix + "/sandboxes/" +
                            object->uid + "/proxy/" + std::to_string(port)}};
  const Secret token = options_.endpoint_token(object->uid);
  out["headers"] = Json{{std::string(kEndpointTokenHeader), std::string(token.Reveal())}};
  return http::Response::Json(200, registry::Dump(out));
}

}  // namespace osbx::apiserver::opensandbox
