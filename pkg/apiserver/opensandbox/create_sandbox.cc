// SPDX-License-Identifier: Apache-2.0
// POST /sandboxes (contract/lifecycle.md §3): the object first, then waiting until the sandbox is
// ready or has failed for good. A client that leaves meanwhile leaves a listed sandbox behind.
#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/create_request.h"
#include "apiserver/opensandbox/dialect.h"
#include "apiserver/opensandbox/sandbox_view.h"
#include "base/ids.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

namespace {

constexpr std::size_t kNameDigits = 10;

bool Ready(const Json& object) {
  const Json* conditions = registry::MemberPath(object, {"status", "conditions"});
  if (conditions == nullptr || !conditions->is_array()) return false;
  for (const Json& condition : *conditions) {
    if (registry::StringMember(condition, "type") != "Ready") continue;
    return registry::StringMember(condition, "status") == "True";
  }
  return false;
}

// Nothing will change by waiting longer.
bool Settled(const store::ObjectPtr& object) {
  if (object == nullptr || Deleting(*object->body)) return true;
  const std::string state = StateOf(*object->body);
  if (state == "Running") return Ready(*object->body);
  return state == "Failed" || state == "Terminated";
}

// Upstream's code for the reason a start was given up.
Failure StartFailure(const Json& object) {
  struct Row {
    std::string_view reason;
    int status;
    const char* code;
  };
  static constexpr Row kRows[] = {
      {"ImageNotFound", 500, "DOCKER::SANDBOX_IMAGE_PULL_FAILED"},
      {"ImagePullFailed", 500, "DOCKER::SANDBOX_IMAGE_PULL_FAILED"},
      {"CreateFailed", 500, "DOCKER::SANDBOX_START_FAILED"},
      {"StartFailed", 500, "DOCKER::SANDBOX_START_FAILED"},
      {"ExecdSilent", 503, "DOCKER::SANDBOX_EXECD_START_FAILED"},
      {"HostPathRefused", 400, "VOLUME::HOST_PATH_NOT_ALLOWED"},
      {"PvcFailed", 500, "VOLUME::PVC_INSPECT_FAILED"},
      {"InvalidSpec", 400, "SANDBOX::INVALID_PARAMETER"},
      {"CredentialsNotFound", 400, "VOLUME::INVALID_OSSFS_CREDENTIALS"},
      {"SnapshotNotReady", 409, "SNAPSHOT::NOT_READY"},
  };
  const Json* status = registry::Member(object, "status");
  const Json& said = status == nullptr ? registry::EmptyObject() : *status;
  const std::string_view reason = registry::StringMember(said, "reason");
  std::string text(registry::StringMember(said, "message"));
  if (text.empty()) text = "The sandbox did not start.";
  for (const Row& row : kRows) {
    if (row.reason == reason) return {row.status, row.code, std::move(text)};
  }
  return {500, "VOLUME::OSSFS_MOUNT_FAILED",
          std::move(text)};  // every other word is the mount driver's
}

}  // namespace

Outcome<http::Response> Dialect::CreateSandbox(const Request& request) {
  OSBX_TRY(CreateRequest wanted, ParseCreate(request, options_.max_timeout_seconds));
  Json object{{"apiVersion", "osbx.dev/v1"}, {"kind", "Sandbox"}};
  object["metadata"] = Json{{"name", "sandbox-" + RandomNameSuffix(kNameDigits)}};
  if (!wanted.metadata.empty()) object["metadata"]["labels"] = wanted.metadata;
  object["spec"] = *wanted.spec;
  registry::RequestInfo info;
  info.manager = "opensandbox";
  const registry::Ref ref{api::FindKindByPlural("sandboxes"), "default", ""};
  const auto created = registry_.Create(ref, object, info);
  if (!created) return FromRegistry(created.error(), "DOCKER::SANDBOX_START_FAILED");
  return AwaitStart(*created, wanted.entrypoint);
}

Outcome<http::Response> Dialect::AwaitStart(const store::ObjectPtr& created,
                                            const std::vector<std::string>& entrypoint) {
  const ObjectTable::Waited waited = sandboxes_.WaitFor(created->uid, options_.patience, Settled);
  if (waited.object == nullptr || Deleting(*waited.object->body)) {
    return Failure(500, "DOCKER::SANDBOX_START_FAILED",
                   "Sandbox " + created->uid + " was deleted while it started.");
  }
  if (!GaveUp(*waited.object->body)) {
    return http::Response::Json(202, registry::Dump(CreatedView(*waited.object->body, entrypoint)));
  }
  registry::DeleteOptions options;
  options.uid = created->uid;
  const auto removed = registry_.Delete(RefOf(*created), options, {});
  Ignore(removed, "gone already, or still listed as failed");
  return StartFailure(*waited.object->body);
}

}  // namespace osbx::apiserver::opensandbox
