// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "api/causes.h"
#include "apiserver/resources.h"
#include "registry/errors.h"
#include "registry/json_access.h"

namespace osbx::apiserver {

namespace {

std::string ListMetadata(const registry::ListPage& page) {
  Json metadata = {{"resourceVersion", std::to_string(page.revision)}};
  if (!page.continue_token.empty()) metadata["continue"] = page.continue_token;
  if (page.remaining) metadata["remainingItemCount"] = *page.remaining;
  return registry::Dump(metadata);
}

// The cached bytes of the objects between brackets: nothing is copied.
http::Response Envelope(std::string head, const std::vector<store::ObjectPtr>& objects) {
  static const http::Slice kComma = std::make_shared<const std::string>(",");
  static const http::Slice kEnd = std::make_shared<const std::string>("]}");
  http::Response response = http::Response::Json(200, std::move(head));
  response.slices.reserve(objects.size() * 2 + 1);
  for (const store::ObjectPtr& object : objects) {
    if (!response.slices.empty()) response.slices.push_back(kComma);
    response.slices.push_back(object->bytes);
  }
  response.slices.push_back(kEnd);
  return response;
}

}  // namespace

Answer ListObjects(const Services& services, const http::Request& request,
                   const ResourcePath& path) {
  const api::Kind& kind = *path.kind;
  OSBX_TRY(const ObjectForm form, ParseObjectForm(request));
  if (request.query.Find("sendInitialEvents")) {
    return registry::InvalidOptions(
        "ListOptions",
        {api::Forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")});
  }
  OSBX_TRY(const registry::ListPage page,
           services.registry.List(kind, ListQueryOf(request, path.ns)));
  const std::string metadata = ListMetadata(page);
  if (form.wanted.as == As::kTable) {
    return http::Response::Json(
        200, services.tables.Render(
                 kind, page.objects, metadata,
                 {.version = form.wanted.version, .include = form.include, .with_columns = true},
                 services.registry.clock().Now()));
  }
  if (form.wanted.as == As::kPartial) {
    std::string text = PartialListHead(metadata, form.wanted.version);
    for (std::size_t i = 0; i < page.objects.size(); ++i) {
      if (i > 0) text += ',';
      text += PartialObject(*page.objects[i]->body, form.wanted.version);
    }
    return http::Response::Json(200, text + "]}");
  }
  return Envelope(R"({"kind":")" + kind.list_kind + R"(","apiVersion":")" + kind.ApiVersion() +
                      R"(","metadata":)" + metadata + R"(,"items":[)",
                  page.objects);
}

}  // namespace osbx::apiserver
