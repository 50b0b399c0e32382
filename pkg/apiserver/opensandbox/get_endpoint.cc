// SPDX-License-Identifier: Apache-2.0
// GET /sandboxes/{id}/endpoints/{port} (contract/lifecycle.md §10). Nothing is published on the
// host, so every port is reached through our own proxy, in both use_server_proxy modes; the token
// in `headers` opens it. Without a proxy no port can be reached, and the answer says so.
#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/dialect.h"
#include "apiserver/opensandbox/proxy_path.h"
#include "base/endpoint_token.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

Outcome<http::Response> Dialect::GetEndpoint(const Request& request) {
  OSBX_TRY(const int port, ParsePort(http::ParamOf(request.params, "port")));
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
