// SPDX-License-Identifier: Apache-2.0
// POST /sandboxes/{id}/snapshots (contract/lifecycle.md §13): answered when the wish is recorded;
// the snapshot controller does the rest, over restarts too.
#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/body.h"
#include "apiserver/opensandbox/dialect.h"
#include "apiserver/opensandbox/sandbox_view.h"
#include "apiserver/opensandbox/snapshot_view.h"
#include "base/ids.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

namespace {

constexpr std::size_t kNameDigits = 10;

Outcome<std::optional<std::string>> NameOf(const http::Request& request) {
  if (request.body.empty()) return std::optional<std::string>();
  OSBX_TRY(const JsonPtr body, ReadBody(request));
  FieldReader fields(*body);
  auto name = fields.Text("name", {.least = 1, .most = 1024});
  OSBX_CHECK(fields.Check());
  return name;
}

}  // namespace

Outcome<http::Response> Dialect::CreateSnapshot(const Request& request) {
  OSBX_TRY(const auto name, NameOf(request));
  OSBX_TRY(const store::ObjectPtr sandbox, Find(request));
  if (StateOf(*sandbox->body) != "Running") {
    return Failure(409, "SNAPSHOT::INVALID_SOURCE_STATE",
                   "Sandbox " + sandbox->uid + " is not running.");
  }
  Json object{{"apiVersion", "osbx.dev/v1"}, {"kind", "Snapshot"}};
  object["metadata"] = Json{{"name", "snapshot-" + RandomNameSuffix(kNameDigits)},
                            {"annotations", {{kSandboxIdAnnotation, sandbox->uid}}}};
  object["spec"] = Json{{"sandboxRef", {{"name", sandbox->key.name}}}};
  if (name) object["spec"]["name"] = *name;
  const registry::Ref ref{api::FindKindByPlural("snapshots"), sandbox->key.ns, ""};
  const auto created = registry_.Create(ref, object, Info());
  if (!created) return FromRegistry(created.error(), "SNAPSHOT::RUNTIME_CREATE_FAILED");
  auto response = http::Response::Json(202, registry::Dump(SnapshotView(*(*created)->body)));
  response.headers.push_back({"Location", "/v1/snapshots/" + (*created)->uid});
  return response;
}

}  // namespace osbx::apiserver::opensandbox
