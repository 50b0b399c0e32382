// SPDX-License-Identifier: Apache-2.0
// ANY /sandboxes/{id}/proxy/{port}[/…] (contract/lifecycle.md §11): to the execd of that sandbox
// over the socket in its slot, which serves 44772 itself and passes other ports on. Opened by the
// sandbox's token or the API key; nothing that the client used to identify itself goes any further.
#include <array>

#include "apiserver/opensandbox/dialect.h"
#include "apiserver/opensandbox/proxy_path.h"
#include "apiserver/opensandbox/request_head.h"
#include "apiserver/opensandbox/sandbox_view.h"
#include "base/endpoint_token.h"
#include "http/proxy.h"

namespace osbx::apiserver::opensandbox {

namespace {

constexpr int kExecdPort = 44772;

bool IsWithheld(std::string_view name) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "authorization", "cookie",    "open-sandbox-api-key",     "opensandbox-secure-access",
      "forwarded",     "x-real-ip", "opensandbox-access-renew",
  };
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         name.starts_with("x-forwarded-");
}

// Who asked and for what, from the connection itself.
std::vector<http::Header> ForwardingHeaders(const http::Request& request) {
  std::vector<http::Header> out{{"X-Forwarded-Proto", request.tls ? "https" : "http"},
                                {"X-Forwarded-Host", std::string(request.HeaderOf("host"))}};
  const std::string_view peer = request.peer.substr(0, request.peer.rfind(':'));
  if (peer != "unix") out.push_back({"X-Forwarded-For", std::string(peer)});
  return out;
}

http::Response Refused(http::ProxyFault fault, const std::string& why) {
  switch (fault) {
    case http::ProxyFault::kNoConnection:
      return Failure(502, "BACKEND_CONNECTION_FAILED",
                     "The sandbox could not be connected to: " + why)
          .ToResponse();
    case http::ProxyFault::kTimeout:
      return Failure(504, "BACKEND_TIMEOUT", "The sandbox did not answer in time.").ToResponse();
    case http::ProxyFault::kBadRequest:
      return Failure(400, "GENERAL::UNKNOWN_ERROR", "The request's body is malformed.")
          .ToResponse();
    case http::ProxyFault::kBadResponse:
      break;
  }
  return Failure(502, "BACKEND_RESPONSE_FAILED", "The sandbox gave no proper answer: " + why)
      .ToResponse();
}

}  // namespace

Outcome<http::Response> Dialect::ProxySandbox(const Request& request) {
  const std::string id(http::ParamOf(request.params, "id"));
  const Secret token = options_.endpoint_token(id);
  const Secret given(request.HeaderOf(kEndpointTokenHeader));
  // The Go SDK sends the API key in the place of a token it was not given.
  const bool by_key =
      !options_.api_key.Empty() && (given == options_.api_key || HasKey(request, options_.api_key));
  if (!(given == token) && !by_key) {
    return Failure(401, "MISSING_OR_INVALID_SECURE_ACCESS",
                   "This needs the " + std::string(kEndpointTokenHeader) +
                       " header that the sandbox's endpoint names.");
  }
  OSBX_TRY(const int port, ParsePort(http::ParamOf(request.params, "port")));
  OSBX_TRY(const store::ObjectPtr object, Find(request));
  if (StateOf(*object->body) == "Paused") {
    return Failure(409, "DOCKER::SANDBOX_NOT_RUNNING", "Sandbox " + id + " is paused.");
  }
  const std::optional<ProxyPath> path = ParseProxyPath(request.raw_path);
  if (!path) return SandboxNotFound(id);
  if (request.HeaderOf("opensandbox-access-renew") != "skip") NoteAccess(object->uid);
  http::ProxyTarget target;
  target.dial = [dial = options_.dial_execd, uid = object->uid] { return dial(uid); };
  target.pool_key = "execd of " + object->uid;
  if (port != kExecdPort) target.target = "/proxy/" + std::to_string(port);
  target.target += path->rest.empty() ? "/" : path->rest;
  if (const std::size_t query = request.target.find('?'); query != std::string_view::npos) {
    target.target += request.target.substr(query);
  }
  target.host = "execd";
  target.headers = ForwardingHeaders(request);
  target.headers.push_back({std::string(kEndpointTokenHeader), std::string(token.Reveal())});
  const bool key_in_alias = by_key && Secret(request.HeaderOf("x-api-key")) == options_.api_key;
  target.withheld = [key_in_alias](std::string_view name) {
    return IsWithheld(name) || (key_in_alias && name == "x-api-key");
  };
  target.location_prefix = path->prefix;
  target.failed = Refused;
  return http::Response::Proxy(std::move(target));
}

void Dialect::AddProxyRoutes(http::Router& router) {
  if (!options_.endpoint_token || !options_.dial_execd) return;
  for (const std::string prefix : {"", "/v1"}) {
    for (const char* tail : {"", "/{rest...}"}) {
      for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
        router.Add({.method = method,
                    .pattern = prefix + "/sandboxes/{id}/proxy/{port}" + tail,
                    .handler =
                        [this](const Request& request) {
                          Reply reply = ProxySandbox(request);
                          return reply ? *std::move(reply) : reply.error().ToResponse();
                        },
                    .where = http::Where::kInline,
                    .body = http::BodyKind::kForward});
      }
    }
  }
}

}  // namespace osbx::apiserver::opensandbox
