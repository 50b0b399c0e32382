// SPDX-License-Identifier: Apache-2.0
// What Docker hosts do not offer, answered as upstream does (contract/lifecycle.md §§12, 15), and
// the sink of the SDKs' metrics.
#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/body.h"
#include "apiserver/opensandbox/dialect.h"

namespace osbx::apiserver::opensandbox {

Outcome<http::Response> Dialect::NetworkPolicy(const Request& request) {
  OSBX_TRY(const store::ObjectPtr object, Find(request));
  return Failure(502, "BACKEND_CONNECTION_FAILED",
                 "Sandbox " + object->uid + " has no egress sidecar.");
}

Outcome<http::Response> Dialect::TakeMetricsEvent(const Request& request) {
  OSBX_TRY(const JsonPtr body, ReadBody(request));
  FieldReader fields(*body);
  fields.Text("eventType", {.required = true});
  fields.Whole("createDurationMs", 0);
  OSBX_CHECK(fields.Check());
  http::Response response;
  response.status = 204;
  response.content_type.clear();
  return response;
}

Outcome<http::Response> Dialect::RefusePools(const Request& /*request*/) {
  return Failure(501, "KUBERNETES::POOL_NOT_SUPPORTED", "Pools need the Kubernetes runtime.");
}

Outcome<http::Response> Dialect::RefuseTemplates(const Request& /*request*/) {
  return Failure(501, "FSB::API_NOT_SUPPORTED", "Templates need the FSB runtime.");
}

}  // namespace osbx::apiserver::opensandbox
