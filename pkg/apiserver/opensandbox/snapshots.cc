// SPDX-License-Identifier: Apache-2.0
// GET /snapshots, GET and DELETE /snapshots/{id} (contract/lifecycle.md §13).
#include <algorithm>

#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/dialect.h"
#include "apiserver/opensandbox/paging.h"
#include "apiserver/opensandbox/sandbox_view.h"
#include "apiserver/opensandbox/snapshot_view.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

namespace {

std::string_view StatusText(const Json& object, const char* field) {
  const Json* text = registry::MemberPath(object, {"status", field});
  return text != nullptr && text->is_string() ? text->get_ref<const std::string&>()
                                              : std::string_view{};
}

Failure InUse(const std::string& id) {
  return {409, "SNAPSHOT::DELETE_CONFLICT",
          "Snapshot " + id + " is in use: sandboxes that were started from it exist."};
}

// It is gone, or what is told will not change by waiting.
bool DeletionSettled(const store::ObjectPtr& object) {
  if (object == nullptr) return true;
  if (StatusText(*object->body, "phase") != "Deleting") return false;
  return StatusText(*object->body, "reason") == "InUse" ||
         !StatusText(*object->body, "message").empty();
}

}  // namespace

Outcome<store::ObjectPtr> Dialect::FindSnapshot(std::string_view id) const {
  store::ObjectPtr object = snapshots_.Find(id);
  if (object == nullptr) return SnapshotNotFound(id);
  return object;
}

bool Dialect::SnapshotInUse(const store::Object& snapshot) const {
  const auto sandboxes = sandboxes_.NewestFirst();
  return std::any_of(sandboxes.begin(), sandboxes.end(), [&](const store::ObjectPtr& sandbox) {
    const Json* name = registry::MemberPath(*sandbox->body, {"spec", "snapshotRef", "name"});
    return name != nullptr && *name == snapshot.key.name && sandbox->key.ns == snapshot.key.ns;
  });
}

Outcome<http::Response> Dialect::ListSnapshots(const Request& request) {
  OSBX_TRY(const Page page, PageOf(request.query));
  const StateFilter states(request.query);
  const auto sandbox = request.query.Find("sandboxId");
  const auto name = request.query.Find("name");
  const auto matches = [&](const Json& object) {
    if (!states.Matches(SnapshotState(object))) return false;
    if (sandbox && SandboxIdOf(object) != *sandbox) return false;
    const Json* given = registry::MemberPath(object, {"spec", "name"});
    return !name || (given != nullptr && *given == std::string(*name));
  };
  return ListPage(snapshots_.NewestFirst(), page, matches, SnapshotView);
}

Outcome<http::Response> Dialect::GetSnapshot(const Request& request) {
  OSBX_TRY(const store::ObjectPtr object, FindSnapshot(http::ParamOf(request.params, "id")));
  return http::Response::Json(200, registry::Dump(SnapshotView(*object->body)));
}

Outcome<http::Response> Dialect::DeleteSnapshot(const Request& request) {
  OSBX_TRY(const store::ObjectPtr object, FindSnapshot(http::ParamOf(request.params, "id")));
  const std::string& id = object->uid;
  if (SnapshotState(*object->body) == "Creating") {
    return Failure(409, "SNAPSHOT::INVALID_STATE", "Snapshot " + id + " is still being created.");
  }
  if (SnapshotInUse(*object)) return InUse(id);
  registry::DeleteOptions options;
  options.uid = id;
  const auto deleted = registry_.Delete(RefOf(*object), options, Info());
  if (!deleted) {
    const Code code = deleted.error().code();
    if (code == Code::kNotFound || code == Code::kConflict) return SnapshotNotFound(id);
    return Failure(500, "DOCKER::SNAPSHOT_IMAGE_REMOVE_FAILED", deleted.error().message());
  }
  const ObjectTable::Waited waited = snapshots_.WaitFor(id, options_.patience, DeletionSettled);
  if (waited.settled && waited.object != nullptr) {
    const Json& body = *waited.object->body;
    if (StatusText(body, "reason") == "InUse") return InUse(id);
    return Failure(500, "DOCKER::SNAPSHOT_IMAGE_REMOVE_FAILED",
                   std::string(StatusText(body, "message")));
  }
  http::Response response;
  response.status = 204;
  response.content_type.clear();
  return response;
}

}  // namespace osbx::apiserver::opensandbox
