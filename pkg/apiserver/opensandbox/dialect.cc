// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/dialect.h"

#include <array>
#include <map>
#include <memory>

#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/openapi.h"
#include "apiserver/opensandbox/sandbox_view.h"

namespace osbx::apiserver::opensandbox {

namespace {

// "/v1/sandboxes/" -> 307 to the same without the slash (contract/lifecycle.md §1).
std::optional<http::Response> WithoutSlash(const http::Request& request) {
  if (!request.raw_path.ends_with('/')) return std::nullopt;
  std::string location = request.tls ? "https://" : "http://";
  location += request.HeaderOf("host");
  location += request.raw_path.substr(0, request.raw_path.size() - 1);
  if (const std::size_t query = request.target.find('?'); query != std::string_view::npos) {
    location += request.target.substr(query);
  }
  http::Response response;
  response.status = 307;
  response.content_type.clear();
  response.headers.push_back({"Location", std::move(location)});
  return response;
}

void Append(std::string& methods, const char* method) {
  methods += (methods.empty() ? "" : ", ") + std::string(method);
}

// What no endpoint takes: other methods, other paths; and what needs no key.
void AddRemainder(const std::map<std::string, std::string>& allowed, http::Router& router) {
  for (const auto& [pattern, methods] : allowed) {
    router.Add(
        {.method = "*", .pattern = pattern, .handler = [methods = methods](const http::Request&) {
           auto response = http::Response::Json(405, R"({"detail":"Method Not Allowed"})");
           response.headers.push_back({"Allow", methods});
           return response;
         }});
  }
  router.Add({.method = "GET", .pattern = "/health", .handler = [](const http::Request&) {
                return http::Response::Json(200, R"({"status":"healthy"})");
              }});
  router.Add(
      {.method = "GET",
       .pattern = "/openapi.json",
       .handler = [document = std::make_shared<const std::string>(OpenApiDocument())](
                      const http::Request&) { return http::Response::Cached(200, document); }});
  router.Add({.method = "*", .pattern = "/v1/{rest...}", .handler = [](const http::Request&) {
                return http::Response::Json(404, R"({"detail":"Not Found"})");
              }});
}

}  // namespace

Dialect::Dialect(store::Store& store, registry::Registry& registry, DialectOptions options)
    : registry_(registry),
      options_(std::move(options)),
      sandboxes_(store, registry.clock(), "sandboxes"),
      snapshots_(store, registry.clock(), "snapshots") {
  if (options_.renew_interval) renewer_.emplace(registry_, sandboxes_, *options_.renew_interval);
}

void Dialect::NoteAccess(std::string_view uid) {
  if (renewer_) renewer_->Note(uid);
}

void Dialect::Stop() {
  if (renewer_) renewer_->Stop();
  sandboxes_.Stop();
  snapshots_.Stop();
}

registry::RequestInfo Dialect::Info() {
  registry::RequestInfo info;
  info.manager = "opensandbox";
  return info;
}

registry::Ref Dialect::RefOf(const store::Object& object) {
  return {api::FindKindByPlural(object.key.kind), object.key.ns, object.key.name};
}

Outcome<store::ObjectPtr> Dialect::Find(const Request& request) const {
  const std::string_view id = http::ParamOf(request.params, "id");
  store::ObjectPtr object = sandboxes_.Find(id);
  if (object == nullptr || Deleting(*object->body)) return SandboxNotFound(id);
  return object;
}

void Dialect::AddRoutes(http::Router& router) {
  using http::Where;
  struct Row {
    const char* method;
    const char* path;
    Method handle;
    Where where;
  };
  static constexpr std::array kRows = {
      Row{"POST", "/sandboxes", &Dialect::CreateSandbox, Where::kThread},
      Row{"GET", "/sandboxes", &Dialect::ListSandboxes, Where::kPool},
      Row{"GET", "/sandboxes/{id}", &Dialect::GetSandbox, Where::kInline},
      Row{"DELETE", "/sandboxes/{id}", &Dialect::DeleteSandbox, Where::kThread},
      Row{"POST", "/sandboxes/{id}/pause", &Dialect::PauseSandbox, Where::kThread},
      Row{"POST", "/sandboxes/{id}/resume", &Dialect::ResumeSandbox, Where::kThread},
      Row{"POST", "/sandboxes/{id}/renew-expiration", &Dialect::RenewExpiration, Where::kPool},
      Row{"PATCH", "/sandboxes/{id}/metadata", &Dialect::PatchMetadata, Where::kPool},
      Row{"GET", "/sandboxes/{id}/endpoints/{port}", &Dialect::GetEndpoint, Where::kInline},
      Row{"GET", "/sandboxes/{id}/networkpolicy", &Dialect::NetworkPolicy, Where::kInline},
      Row{"PUT", "/sandboxes/{id}/networkpolicy", &Dialect::NetworkPolicy, Where::kInline},
      Row{"PATCH", "/sandboxes/{id}/networkpolicy", &Dialect::NetworkPolicy, Where::kInline},
      Row{"DELETE", "/sandboxes/{id}/networkpolicy", &Dialect::NetworkPolicy, Where::kInline},
      Row{"POST", "/sandboxes/{id}/snapshots", &Dialect::CreateSnapshot, Where::kPool},
      Row{"GET", "/snapshots", &Dialect::ListSnapshots, Where::kPool},
      Row{"GET", "/snapshots/{id}", &Dialect::GetSnapshot, Where::kInline},
      Row{"DELETE", "/snapshots/{id}", &Dialect::DeleteSnapshot, Where::kThread},
      Row{"GET", "/sandboxes/{id}/diagnostics/logs", &Dialect::DiagnoseLogs, Where::kThread},
      Row{"GET", "/sandboxes/{id}/diagnostics/events", &Dialect::DiagnoseEvents, Where::kPool},
      Row{"GET", "/sandboxes/{id}/diagnostics/inspect", &Dialect::DiagnoseInspect, Where::kPool},
      Row{"GET", "/sandboxes/{id}/diagnostics/summary", &Dialect::DiagnoseSummary, Where::kThread},
      Row{"POST", "/metrics/events", &Dialect::TakeMetricsEvent, Where::kInline},
      Row{"GET", "/pools", &Dialect::RefusePools, Where::kInline},
      Row{"POST", "/pools", &Dialect::RefusePools, Where::kInline},
      Row{"GET", "/pools/{name}", &Dialect::RefusePools, Where::kInline},
      Row{"PUT", "/pools/{name}", &Dialect::RefusePools, Where::kInline},
      Row{"DELETE", "/pools/{name}", &Dialect::RefusePools, Where::kInline},
      Row{"GET", "/templates", &Dialect::RefuseTemplates, Where::kInline},
      Row{"POST", "/templates", &Dialect::RefuseTemplates, Where::kInline},
      Row{"GET", "/templates/{name}", &Dialect::RefuseTemplates, Where::kInline},
      Row{"DELETE", "/templates/{name}", &Dialect::RefuseTemplates, Where::kInline},
  };
  std::map<std::string, std::string> allowed;  // methods by pattern
  for (const std::string prefix : {"", "/v1"}) {
    for (const Row& row : kRows) {
      const std::string pattern = prefix + row.path;
      if (pattern == "/metrics/events") continue;  // only below /v1
      Append(allowed[pattern], row.method);
      router.Add({.method = row.method,
                  .pattern = pattern,
                  .handler =
                      [this, handle = row.handle](const Request& request) {
                        if (auto moved = WithoutSlash(request)) return *std::move(moved);
                        Reply reply = (this->*handle)(request);
                        return reply ? *std::move(reply) : reply.error().ToResponse();
                      },
                  .where = row.where});
    }
  }
  AddProxyRoutes(router);
  AddRemainder(allowed, router);
}

}  // namespace osbx::apiserver::opensandbox
