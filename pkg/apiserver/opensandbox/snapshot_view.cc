// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/snapshot_view.h"

#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/sandbox_view.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

namespace {

using registry::StringMember;

const Json& StatusOf(const Json& object) {
  const Json* status = registry::Member(object, "status");
  return status == nullptr ? registry::EmptyObject() : *status;
}

// Upstream's word for the controller's.
std::string_view ReasonOf(std::string_view state, std::string_view reason) {
  if (state == "Ready") return "snapshot_runtime_ready";
  if (state == "Deleting") return "snapshot_deleting";
  if (state == "Creating") return "snapshot_accepted";
  return reason == "Interrupted" ? "snapshot_recovery_failed" : "snapshot_runtime_failed";
}

}  // namespace

std::string SnapshotState(const Json& object) {
  if (Deleting(object)) return "Deleting";
  const std::string_view phase = StringMember(StatusOf(object), "phase");
  return phase.empty() ? "Creating" : std::string(phase);
}

std::string SandboxIdOf(const Json& snapshot) {
  const std::string_view uid = StringMember(StatusOf(snapshot), "sandboxUid");
  if (!uid.empty()) return std::string(uid);
  const Json* annotations = registry::MemberPath(snapshot, {"metadata", "annotations"});
  if (annotations == nullptr) return "";
  return std::string(StringMember(*annotations, kSandboxIdAnnotation));
}

Json SnapshotView(const Json& object) {
  const std::string state = SnapshotState(object);
  const Json& status = StatusOf(object);
  const std::string created = CreatedAt(object);
  const std::string since = TimeText(StringMember(status, "phaseSince"));
  Json told{{"state", state},
            {"reason", ReasonOf(state, StringMember(status, "reason"))},
            {"lastTransitionAt", since.empty() ? created : since}};
  if (const auto message = StringMember(status, "message"); !message.empty()) {
    told["message"] = message;
  }
  Json out{{"id", registry::MetadataString(object, "uid")},
           {"sandboxId", SandboxIdOf(object)},
           {"status", std::move(told)},
           {"createdAt", created}};
  const Json* name = registry::MemberPath(object, {"spec", "name"});
  if (name != nullptr) out["name"] = *name;
  return out;
}

}  // namespace osbx::apiserver::opensandbox
