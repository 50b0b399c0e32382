// SPDX-License-Identifier: Apache-2.0
// All-or-nothing apply, which Kubernetes has no verb for: what `osbxctl apply` of several documents
// means. Answer: {"kind":"BatchResult","apiVersion":"osbx.dev/v1","committed":bool,"items":[
// {"effect":"created|configured|unchanged","object":{…}} or {"status":{Status}}, …]}, in the order
// sent; HTTP 200, or the code of the first failed item.
#include <nlohmann/json.hpp>

#include "apiserver/resources.h"
#include "apiserver/status_body.h"
#include "registry/errors.h"
#include "registry/json_access.h"

namespace osbx::apiserver {

namespace {

constexpr std::string_view kDefaultNamespace = "default";

std::string_view NameOf(registry::Effect effect) {
  switch (effect) {
    case registry::Effect::kCreated:
      return "created";
    case registry::Effect::kConfigured:
      return "configured";
    case registry::Effect::kUnchanged:
      break;
  }
  return "unchanged";
}

Result<registry::BatchItem> ItemOf(const Json& body, std::size_t index,
                                   std::string_view default_namespace) {
  const std::string where = "items[" + std::to_string(index) + "]: ";
  if (!body.is_object()) return registry::BadRequest(where + "must be an object");
  const std::string_view api_version = registry::StringMember(body, "apiVersion");
  const std::string_view kind_name = registry::StringMember(body, "kind");
  const api::Kind* kind = api::FindKindByName(api_version, kind_name);
  if (kind == nullptr) {
    return registry::BadRequest(where + "no kind \"" + std::string(kind_name) + "\" in \"" +
                                std::string(api_version) + "\"");
  }
  registry::BatchItem item;
  item.ref.kind = kind;
  item.ref.name = registry::MetadataString(body, "name");
  if (item.ref.name.empty()) {
    return registry::BadRequest(where + "metadata.name: Required value");
  }
  if (kind->namespaced) {
    item.ref.ns = registry::MetadataString(body, "namespace");
    if (item.ref.ns.empty()) item.ref.ns = default_namespace;
  }
  item.body = std::make_shared<const Json>(body);
  return item;
}

Answer Apply(const Services& services, const http::Request& request) {
  OSBX_TRY(registry::RequestInfo info, ParseWrite(registry::Verb::kApply, request));
  OSBX_TRY(const Body body, ReadBody(request));
  info.duplicate_fields = body.duplicate_fields;
  const Json* list = body.value->is_object() ? registry::Member(*body.value, "items") : nullptr;
  if (list == nullptr || !list->is_array()) {
    return registry::BadRequest("the body of a batch must be {\"items\":[objects]}");
  }
  std::string_view ns = request.query.Get("namespace");
  if (ns.empty()) ns = kDefaultNamespace;
  std::vector<registry::BatchItem> items;
  for (std::size_t i = 0; i < list->size(); ++i) {
    OSBX_TRY(registry::BatchItem item, ItemOf((*list)[i], i, ns));
    items.push_back(std::move(item));
  }
  std::vector<std::string> warnings;
  info.warnings = &warnings;
  const registry::BatchOutcome outcome = services.registry.ApplyAll(items, info);
  int code = 200;
  std::string text = R"({"kind":"BatchResult","apiVersion":"osbx.dev/v1","committed":)";
  text += outcome.committed ? "true" : "false";
  text += R"(,"items":[)";
  for (std::size_t i = 0; i < outcome.items.size(); ++i) {
    if (i > 0) text += ',';
    const auto& result = outcome.items[i];
    if (result) {
      text += R"({"effect":")" + std::string(NameOf(result->effect)) + R"(","object":)" +
              *result->object->bytes + "}";
    } else {
      if (code == 200) code = HttpCodeOf(result.error());
      text += R"({"status":)" + registry::Dump(StatusOf(result.error())) + "}";
    }
  }
  http::Response response = http::Response::Json(code, text + "]}");
  AddWarnings(warnings, response);
  return response;
}

}  // namespace

http::Response ServeBatch(const Services& services, const http::Request& request) {
  Answer answer = Apply(services, request);
  return answer ? *std::move(answer) : FromError(answer.error());
}

}  // namespace osbx::apiserver
