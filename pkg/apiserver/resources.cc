// SPDX-License-Identifier: Apache-2.0
#include "apiserver/resources.h"

#include <nlohmann/json.hpp>

#include "apiserver/status_body.h"
#include "registry/errors.h"

namespace osbx::apiserver {

namespace {

bool IsKnownSubresource(const ResourcePath& path) {
  if (path.subresource.empty()) return true;
  if (path.subresource == "status") return path.kind->status_subresource;
  return path.subresource == "finalize" && path.kind->plural == "namespaces";
}

Answer Get(const Services& services, const http::Request& request, const ResourcePath& path) {
  if (!path.name.empty() && !path.legacy_watch) return GetObject(services, request, path);
  if (!path.legacy_watch && !request.query.Flag("watch")) {
    return ListObjects(services, request, path);
  }
  OSBX_TRY(WatchOptions options, ParseWatch(request, *path.kind, path.ns));
  return services.hub.Serve(std::move(options));
}

Answer Dispatch(const Services& services, const http::Request& request, const ResourcePath& path) {
  const std::string_view method = request.method;
  if (IsSandboxStream(path)) return ServeSandboxStream(services, request, path);
  if (!IsKnownSubresource(path)) return registry::NotFound(*path.kind, path.name);
  if (method == "GET" || method == "HEAD") return Get(services, request, path);
  const bool on_collection = path.name.empty();
  if (path.AllNamespaces()) return PageNotFound();
  if (method == "POST") return CreateObject(services, request, path);
  if (method == "DELETE") {
    return on_collection ? DeleteObjects(services, request, path)
                         : DeleteObject(services, request, path);
  }
  if (method != "PUT" && method != "PATCH") return MethodNotSupported(*path.kind, method);
  if (on_collection) return registry::BadRequest("name must be provided");
  return method == "PUT" ? UpdateObject(services, request, path)
                         : PatchObject(services, request, path);
}

http::Response WrongScope() {
  StatusDetails details;
  return FromError(Error(Code::kNotFound, "the server could not find the requested resource")
                       .WithDetails(std::move(details)));
}

}  // namespace

http::Response ServeResource(const Services& services, const http::Request& request) {
  const ResourcePath path = ParseResourcePath(request.raw_path);
  if (path.fault == ResourcePath::Fault::kWrongScope) return WrongScope();
  if (!path.Ok()) return PageNotFound();
  Answer answer = Dispatch(services, request, path);
  return answer ? *std::move(answer) : FromError(answer.error());
}

registry::Ref RefOf(const ResourcePath& path) {
  return {.kind = path.kind, .ns = path.ns, .name = path.name};
}

Result<ObjectForm> ParseObjectForm(const http::Request& request) {
  ObjectForm form;
  OSBX_TRY(form.wanted, ParseAccept(request.HeaderOf("accept"), {As::kTable, As::kPartial}));
  if (form.wanted.as == As::kTable) {
    OSBX_TRY(form.include, ParseIncludeObject(request.query.Get("includeObject")));
  }
  return form;
}

http::Response ObjectResponse(const Services& services, int code, const api::Kind& kind,
                              const store::ObjectPtr& object, const ObjectForm& form) {
  if (form.wanted.as == As::kPartial) {
    return http::Response::Json(code, PartialObject(*object->body, form.wanted.version));
  }
  if (form.wanted.as == As::kTable) {
    const std::string metadata =
        R"({"resourceVersion":")" + std::to_string(object->revision) + R"("})";
    return http::Response::Json(
        code, services.tables.Render(
                  kind, {object}, metadata,
                  {.version = form.wanted.version, .include = form.include, .with_columns = true},
                  services.registry.clock().Now()));
  }
  return http::Response::Cached(code, object->bytes);
}

Result<registry::RequestInfo> ParseWrite(registry::Verb verb, const http::Request& request) {
  registry::WriteQuery query;
  for (const std::string_view value : request.query.All("dryRun")) {
    query.dry_run.emplace_back(value);
  }
  query.field_manager = request.query.Get("fieldManager");
  query.field_validation = request.query.Get("fieldValidation");
  if (const auto force = request.query.Find("force")) query.force = std::string(*force);
  query.user_agent = request.HeaderOf("user-agent");
  return registry::ParseWriteQuery(verb, query);
}

registry::ListOptions ListQueryOf(const http::Request& request, const std::string& ns) {
  const http::Query& query = request.query;
  return {.ns = ns,
          .label_selector = std::string(query.Get("labelSelector")),
          .field_selector = std::string(query.Get("fieldSelector")),
          .limit = std::string(query.Get("limit")),
          .continue_token = std::string(query.Get("continue")),
          .resource_version = std::string(query.Get("resourceVersion")),
          .resource_version_match = std::string(query.Get("resourceVersionMatch"))};
}

void AddWarnings(const std::vector<std::string>& warnings, http::Response& response) {
  for (const std::string& warning : warnings) {
    std::string quoted;
    for (const char c : warning) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    response.headers.push_back({"Warning", "299 - \"" + quoted + "\""});
  }
}

}  // namespace osbx::apiserver
