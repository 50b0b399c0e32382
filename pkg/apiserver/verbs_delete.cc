// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "apiserver/resources.h"
#include "apiserver/status_body.h"

namespace osbx::apiserver {

namespace {

Result<registry::DeleteOptions> ParseDelete(const http::Request& request) {
  registry::DeleteQuery query;
  for (const std::string_view value : request.query.All("dryRun")) {
    query.dry_run.emplace_back(value);
  }
  query.propagation_policy = request.query.Get("propagationPolicy");
  query.grace_period_seconds = request.query.Get("gracePeriodSeconds");
  query.orphan_dependents = request.query.Get("orphanDependents");
  if (request.body.empty()) return registry::ParseDeleteOptions(nullptr, query);
  OSBX_TRY(const Body body, ReadBody(request));
  return registry::ParseDeleteOptions(body.value.get(), query);
}

registry::RequestInfo InfoOf(const registry::DeleteOptions& options) {
  registry::RequestInfo info;
  info.dry_run = options.dry_run;
  return info;
}

}  // namespace

Answer DeleteObject(const Services& services, const http::Request& request,
                    const ResourcePath& path) {
  if (!path.subresource.empty()) return MethodNotSupported(*path.kind, "delete");
  OSBX_TRY(const registry::DeleteOptions options, ParseDelete(request));
  OSBX_TRY(const ObjectForm form, ParseObjectForm(request));
  OSBX_TRY(const registry::DeleteOutcome outcome,
           services.registry.Delete(RefOf(path), options, InfoOf(options)));
  if (!outcome.removed) {
    return ObjectResponse(services, 200, *path.kind, outcome.object, form);
  }
  return http::Response::Json(200, DeletedStatus(*path.kind, path.name, outcome.object->uid));
}

Answer DeleteObjects(const Services& services, const http::Request& request,
                     const ResourcePath& path) {
  OSBX_TRY(const registry::DeleteOptions options, ParseDelete(request));
  OSBX_TRY(const store::Snapshot deleted,
           services.registry.DeleteCollection(*path.kind, ListQueryOf(request, path.ns), options,
                                              InfoOf(options)));
  std::string text = R"({"kind":")" + path.kind->list_kind + R"(","apiVersion":")" +
                     path.kind->ApiVersion() + R"(","metadata":{"resourceVersion":")" +
                     std::to_string(deleted.revision) + R"("},"items":[)";
  for (std::size_t i = 0; i < deleted.objects.size(); ++i) {
    if (i > 0) text += ',';
    text += *deleted.objects[i]->bytes;
  }
  return http::Response::Json(200, text + "]}");
}

}  // namespace osbx::apiserver
