// SPDX-License-Identifier: Apache-2.0
#include "apiserver/routes.h"

#include <nlohmann/json.hpp>

#include "apiserver/status_body.h"
#include "registry/json_access.h"

namespace osbx::apiserver {

namespace {

using http::Handler;
using http::Request;
using http::Response;
using http::Where;

Handler Doctor(const Services& services, bool fix) {
  return [&services, fix](const Request& /*request*/) {
    if (services.streams == nullptr) {
      return FromError(Error(Code::kUnavailable, "this server runs no sandboxes"));
    }
    const Result<Json> report = services.streams->Doctor(fix);
    return report ? Response::Json(200, registry::Dump(*report)) : FromError(report.error());
  };
}

// Reads of one object are inline: they touch memory only. Lists may be long, so they leave the io
// thread; writes wait for the disk.
void AddResources(http::Router& router, const Services& services, const std::string& prefix) {
  const Handler serve = [&services](const Request& request) {
    return ServeResource(services, request);
  };
  struct Row {
    const char* method;
    const char* pattern;
    Where where;
  };
  static constexpr Row kRows[] = {
      {"GET", "/{plural}", Where::kPool},
      {"GET", "/{plural}/{name}", Where::kInline},
      {"GET", "/{plural}/{name}/{subresource}", Where::kInline},
      {"GET", "/namespaces/{namespace}/{plural}", Where::kPool},
      {"GET", "/namespaces/{namespace}/{plural}/{name}", Where::kInline},
      {"GET", "/namespaces/{namespace}/{plural}/{name}/{subresource}", Where::kInline},
      {"GET", "/namespaces/{namespace}/{plural}/{name}/stats", Where::kPool},
      {"GET", "/namespaces/{namespace}/{plural}/{name}/log", Where::kPool},
      {"GET", "/watch/{rest...}", Where::kPool},
      {"*", "/{rest...}", Where::kPool},
  };
  for (const Row& row : kRows) {
    router.Add({.method = row.method,
                .pattern = prefix + row.pattern,
                .handler = serve,
                .where = row.where});
  }
}

std::string PathsDocument(const std::vector<std::string>& paths) {
  return registry::Dump(Json{{"paths", paths}});
}

}  // namespace

http::Router MakeRoutes(const RouteContext& context) {
  const Services& services = *context.services;
  const Discovery& discovery = *context.discovery;
  http::Router router;
  const auto get = [&router](std::string pattern, Handler handler, Where where = Where::kInline) {
    router.Add({.method = "GET",
                .pattern = std::move(pattern),
                .handler = std::move(handler),
                .where = where});
  };
  get("/api", [&discovery](const Request& r) { return discovery.Api(r); });
  get("/apis", [&discovery](const Request& r) { return discovery.Groups(r); });
  get("/apis/{group}", [&discovery](const Request& r) { return discovery.Group(r); });
  get("/api/v1", [&discovery](const Request&) { return discovery.Resources("v1"); });
  get("/apis/{group}/{version}", [&discovery](const Request& r) {
    return discovery.Resources(std::string(http::ParamOf(r.params, "group")) + "/" +
                               std::string(http::ParamOf(r.params, "version")));
  });
  get("/openapi/v3", [&discovery](const Request&) { return discovery.OpenApiIndex(); });
  get("/openapi/v3/{path...}", [&discovery](const Request& r) {
    return discovery.OpenApi(std::string(http::ParamOf(r.params, "path")));
  });
  get("/version", [document = context.version_document](const Request&) {
    return Response::Cached(200, document);
  });
  get("/healthz", ServeLive);
  get("/livez", ServeLive);
  get(
      "/readyz",
      [checks = context.ready_checks](const Request& r) { return ServeReady(r, *checks); },
      Where::kPool);
  get(
      "/readyz/{check}",
      [checks = context.ready_checks](const Request& r) { return ServeOneCheck(r, *checks); },
      Where::kPool);
  get(
      "/metrics",
      [collectors = context.collectors](const Request&) {
        return Response::Text(200, RenderMetrics(*collectors), "text/plain; version=0.0.4");
      },
      Where::kPool);
  get("/debug/doctor", Doctor(services, false), Where::kPool);
  router.Add({.method = "POST",
              .pattern = "/debug/doctor",
              .handler = Doctor(services, true),
              .where = Where::kPool});
  get("/", [](const Request&) {
    return Response::Json(
        200, PathsDocument({"/api", "/api/v1", "/apis", "/apis/osbx.dev", "/apis/osbx.dev/v1",
                            "/apis/osbx.dev/v1/batch", "/debug/doctor", "/healthz", "/livez",
                            "/metrics", "/openapi/v3", "/readyz", "/version"}));
  });
  router.Add({.method = "POST",
              .pattern = "/apis/osbx.dev/v1/batch",
              .handler = [&services](const Request& r) { return ServeBatch(services, r); },
              .where = Where::kPool,
              .max_body_bytes = 32U << 20});
  AddResources(router, services, "/api/v1");
  AddResources(router, services, "/apis/osbx.dev/v1");
  return router;
}

}  // namespace osbx::apiserver
