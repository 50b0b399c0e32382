// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "apiserver/resources.h"
#include "apiserver/status_body.h"

namespace osbx::apiserver {

Answer PatchObject(const Services& services, const http::Request& request,
                   const ResourcePath& path) {
  if (path.subresource == "finalize") return MethodNotSupported(*path.kind, "patch");
  const bool apply = MediaType(request.HeaderOf("content-type")) == "application/apply-patch+yaml";
  OSBX_TRY(registry::RequestInfo info,
           ParseWrite(apply ? registry::Verb::kApply : registry::Verb::kPatch, request));
  OSBX_TRY(const ObjectForm form, ParseObjectForm(request));
  OSBX_TRY(PatchBody patch, ReadPatch(request, *path.kind));
  std::vector<std::string> warnings;
  info.warnings = &warnings;
  info.duplicate_fields = std::move(patch.body.duplicate_fields);
  const auto subresource =
      path.subresource == "status" ? registry::Subresource::kStatus : registry::Subresource::kNone;
  OSBX_TRY(const registry::Written written,
           services.registry.Patch(RefOf(path), patch.type, subresource, *patch.body.value, info));
  const int code = written.effect == registry::Effect::kCreated ? 201 : 200;
  http::Response response = ObjectResponse(services, code, *path.kind, written.object, form);
  AddWarnings(warnings, response);
  return response;
}

}  // namespace osbx::apiserver
