// SPDX-License-Identifier: Apache-2.0
// POST /sandboxes (contract/lifecycle.md §3): the object first, then waiting until the sandbox is
// ready or has failed for good. A client that leaves meanwhile leaves a listed sandbox behind, or
// nothing when its start fails. With an Idempotency-Key the object's name follows from the key, so
// that the store itself lets only one create of a key through, over restarts too.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/body.h"
#include "apiserver/opensandbox/create_request.h"
#include "apiserver/opensandbox/dialect.h"
#include "apiserver/opensandbox/sandbox_view.h"
#include "apiserver/opensandbox/snapshot_view.h"
#include "apiserver/opensandbox/start_failure.h"
#include "base/ids.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

namespace {

constexpr std::size_t kNameDigits = 10;
constexpr std::size_t kKeyedNameDigits = 32;  // 128 bits of the key's hash
constexpr std::size_t kMaxKey = 255;
constexpr const char* kRequestAnnotation = "opensandbox.io/request-sha256";

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
  return state != "Pending" && state != "Unknown";
}

// The container began and its program could not be run: for the caller, it did not start. Every
// other end is one that the program chose, and is kept to be looked at.
bool CouldNotRun(const Json& object) {
  constexpr int kNotExecutable = 126;  // a shell's words for it, and execd's
  constexpr int kNotFound = 127;
  if (StateOf(object) != "Failed") return false;
  const Json* code = registry::MemberPath(object, {"status", "lastTermination", "exitCode"});
  return code != nullptr && (*code == kNotExecutable || *code == kNotFound);
}

Outcome<std::string> KeyOf(const http::Request& request) {
  std::string key(request.HeaderOf("idempotency-key"));
  const bool printable =
      std::all_of(key.begin(), key.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (key.size() > kMaxKey || !printable) {
    return InvalidParameter("Idempotency-Key must be at most 255 printable ASCII characters.");
  }
  return key;
}

// Tells one request from another by what the object shows anyhow; keys are left out.
std::string DigestOf(const CreateRequest& wanted) {
  Json spec = *wanted.spec;
  spec.erase("imagePullAuth");
  if (Json* volumes = registry::MutableMember(spec, "volumes")) {
    for (Json& volume : *volumes) {
      Json* ossfs = registry::MutableMember(volume, "ossfs");
      if (ossfs == nullptr) continue;
      ossfs->erase("accessKeyId");
      ossfs->erase("accessKeySecret");
    }
  }
  return Sha256Hex(registry::Dump(Json{{"spec", std::move(spec)}, {"metadata", wanted.metadata}}));
}

Json ObjectOf(const CreateRequest& wanted, const std::string& key) {
  Json metadata{{"name", key.empty() ? "sandbox-" + RandomNameSuffix(kNameDigits)
                                     : "sandbox-" + Sha256Hex(key).substr(0, kKeyedNameDigits)}};
  if (!wanted.metadata.empty()) metadata["labels"] = wanted.metadata;
  if (!key.empty()) metadata["annotations"][kRequestAnnotation] = DigestOf(wanted);
  if (!wanted.snapshot_id.empty()) {
    metadata["annotations"][kSnapshotIdAnnotation] = wanted.snapshot_id;
  }
  return Json{{"apiVersion", "osbx.dev/v1"},
              {"kind", "Sandbox"},
              {"metadata", std::move(metadata)},
              {"spec", *wanted.spec}};
}

bool SameRequest(const Json& present, const Json& object) {
  const Json* made = registry::MemberPath(present, {"metadata", "annotations", kRequestAnnotation});
  return made != nullptr && *made == object["metadata"]["annotations"][kRequestAnnotation];
}

}  // namespace

Outcome<http::Response> Dialect::CreateSandbox(const Request& request) {
  OSBX_TRY(const std::string key, KeyOf(request));
  OSBX_TRY(const JsonPtr body, ReadBody(request));
  const CreateRules rules{.max_timeout_seconds = options_.max_timeout_seconds,
                          .allowed_host_paths = options_.allowed_host_paths,
                          .snapshot = [this](const std::string& id) { return SourceOf(id); }};
  OSBX_TRY(const CreateRequest wanted, ParseCreate(*body, rules));
  const Json object = ObjectOf(wanted, key);
  const registry::Ref ref{api::FindKindByPlural("sandboxes"), wanted.ns, ""};
  if (key.empty()) {
    const auto created = registry_.Create(ref, object, Info());
    if (!created) return FromRegistry(created.error(), "DOCKER::SANDBOX_START_FAILED");
    return AwaitStart(*created, wanted.entrypoint);
  }
  OSBX_TRY(const store::ObjectPtr first, CreateOnce(ref, object));
  return AwaitStart(first, wanted.entrypoint);
}

Outcome<SnapshotSource> Dialect::SourceOf(const std::string& snapshot_id) const {
  OSBX_TRY(const store::ObjectPtr snapshot, FindSnapshot(snapshot_id));
  if (SnapshotState(*snapshot->body) != "Ready") {
    return Failure(409, "SNAPSHOT::NOT_READY", "Snapshot " + snapshot_id + " is not ready.");
  }
  if (registry::MemberPath(*snapshot->body, {"status", "image"}) == nullptr) {
    return Failure(409, "SNAPSHOT::INVALID_RESTORE_CONFIG",
                   "Snapshot " + snapshot_id + " names no image.");
  }
  return SnapshotSource{.ns = snapshot->key.ns, .name = snapshot->key.name};
}

// The object as it was just created, or as an earlier request of the same key left it. One that is
// being deleted is waited for: after it the key is free again.
Outcome<store::ObjectPtr> Dialect::CreateOnce(const registry::Ref& ref, const Json& object) {
  const MonoTime deadline = registry_.clock().Mono() + options_.patience;
  registry::Ref named = ref;
  named.name = registry::MetadataString(object, "name");
  while (true) {
    const auto created = registry_.Create(ref, object, Info());
    if (created) return *created;
    if (created.error().code() != Code::kAlreadyExists) {
      return FromRegistry(created.error(), "DOCKER::SANDBOX_START_FAILED");
    }
    const auto present = registry_.Get(named);
    if (!present) continue;  // gone meanwhile
    if (!Deleting(*(*present)->body)) {
      if (SameRequest(*(*present)->body, object)) return *present;
      return InvalidParameter("Idempotency-Key was used with another request.");
    }
    const Duration left = deadline - registry_.clock().Mono();
    const auto waited = sandboxes_.WaitFor(
        (*present)->uid, left, [](const store::ObjectPtr& now) { return now == nullptr; });
    if (!waited.settled) {
      return Failure(500, "DOCKER::SANDBOX_START_FAILED",
                     "The sandbox of this Idempotency-Key is still being deleted.");
    }
  }
}

Outcome<http::Response> Dialect::AwaitStart(const store::ObjectPtr& created,
                                            const std::vector<std::string>& entrypoint) {
  const ObjectTable::Waited waited = sandboxes_.WaitFor(created->uid, options_.patience, Settled);
  if (waited.object == nullptr || Deleting(*waited.object->body)) {
    return Failure(500, "DOCKER::SANDBOX_START_FAILED",
                   "Sandbox " + created->uid + " was deleted while it started.");
  }
  const bool could_not_run = CouldNotRun(*waited.object->body);
  if (!GaveUp(*waited.object->body) && !could_not_run) {
    return http::Response::Json(202, registry::Dump(CreatedView(*waited.object->body, entrypoint)));
  }
  registry::DeleteOptions options;
  options.uid = created->uid;
  const auto removed = registry_.Delete(RefOf(*created), options, {});
  Ignore(removed, "gone already, or still listed as failed");
  if (could_not_run) {
    return Failure(500, "DOCKER::SANDBOX_START_FAILED", "The entrypoint could not be run.");
  }
  return StartFailure(*waited.object->body);
}

}  // namespace osbx::apiserver::opensandbox
