// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "apiserver/resources.h"
#include "apiserver/status_body.h"

namespace osbx::apiserver {

// A name in the URL is ignored, as in Kubernetes: the body names the object.
Answer CreateObject(const Services& services, const http::Request& request,
                    const ResourcePath& path) {
  if (!path.subresource.empty()) return MethodNotSupported(*path.kind, "create");
  OSBX_TRY(registry::RequestInfo info, ParseWrite(registry::Verb::kCreate, request));
  OSBX_TRY(const ObjectForm form, ParseObjectForm(request));
  OSBX_TRY(Body body, ReadBody(request));
  std::vector<std::string> warnings;
  info.warnings = &warnings;
  info.duplicate_fields = std::move(body.duplicate_fields);
  registry::Ref ref = RefOf(path);
  ref.name.clear();
  OSBX_TRY(const store::ObjectPtr object, services.registry.Create(ref, *body.value, info));
  http::Response response = ObjectResponse(services, 201, *path.kind, object, form);
  AddWarnings(warnings, response);
  return response;
}

}  // namespace osbx::apiserver
