// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "apiserver/resources.h"

namespace osbx::apiserver {

namespace {

Result<registry::Written> Write(registry::Registry& registry, const ResourcePath& path, Json body,
                                const registry::RequestInfo& info) {
  if (path.subresource == "status")
    return registry.UpdateStatus(RefOf(path), std::move(body), info);
  if (path.subresource == "finalize") {
    return registry.FinalizeNamespace(RefOf(path), std::move(body), info);
  }
  return registry.Update(RefOf(path), std::move(body), info);
}

}  // namespace

Answer UpdateObject(const Services& services, const http::Request& request,
                    const ResourcePath& path) {
  OSBX_TRY(registry::RequestInfo info, ParseWrite(registry::Verb::kUpdate, request));
  OSBX_TRY(const ObjectForm form, ParseObjectForm(request));
  OSBX_TRY(Body body, ReadBody(request));
  std::vector<std::string> warnings;
  info.warnings = &warnings;
  info.duplicate_fields = std::move(body.duplicate_fields);
  OSBX_TRY(const registry::Written written, Write(services.registry, path, *body.value, info));
  const int code = written.effect == registry::Effect::kCreated ? 201 : 200;
  http::Response response = ObjectResponse(services, code, *path.kind, written.object, form);
  AddWarnings(warnings, response);
  return response;
}

}  // namespace osbx::apiserver
