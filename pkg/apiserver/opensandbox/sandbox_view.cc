// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/sandbox_view.h"

#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/snapshot_view.h"
#include "base/rfc3339.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

namespace {

using registry::Member;
using registry::MemberPath;
using registry::StringMember;

const Json& Part(const Json& object, std::string_view name) {
  const Json* part = Member(object, name);
  return part == nullptr ? registry::EmptyObject() : *part;
}

bool WantsPause(const Json& object) {
  const Json* paused = MemberPath(object, {"spec", "paused"});
  return paused != nullptr && *paused == Json(true);
}

struct Word {
  std::string_view reason;
  std::string_view message;
};

Word WordOf(std::string_view state) {
  if (state == "Running") return {"CONTAINER_RUNNING", "Sandbox container is running."};
  if (state == "Paused") return {"CONTAINER_PAUSED", "Sandbox container is paused."};
  if (state == "Pending") return {"CONTAINER_STARTING", "Sandbox container is starting."};
  if (state == "Terminated") return {"CONTAINER_EXITED", "Sandbox container exited."};
  if (state == "Failed") return {"CONTAINER_EXITED_ERROR", "Sandbox container exited."};
  return {"CONTAINER_STATE_UNKNOWN", "Sandbox container is changing its state."};
}

// When the phase last changed: what the controller says, else when Ready did, else creation.
std::string LastTransition(const Json& object) {
  const Json& status = Part(object, "status");
  const std::string_view since = StringMember(status, "phaseSince");
  if (!since.empty()) return TimeText(since);
  const Json* conditions = Member(status, "conditions");
  if (conditions != nullptr && conditions->is_array()) {
    for (const Json& condition : *conditions) {
      const std::string_view time = StringMember(condition, "lastTransitionTime");
      if (StringMember(condition, "type") == "Ready" && !time.empty()) return TimeText(time);
    }
  }
  return CreatedAt(object);
}

Json StatusView(const Json& object) {
  const std::string state = StateOf(object);
  const Json& status = Part(object, "status");
  const Word word = WordOf(state);
  std::string reason(word.reason);
  std::string message(word.message);
  const std::string_view said = StringMember(status, "message");
  if (GaveUp(object)) {
    reason = "PROVISIONING_ERROR";
    message = said;
  } else if (state == "Failed") {
    const Json* code = MemberPath(status, {"lastTermination", "exitCode"});
    if (code != nullptr && code->is_number_integer()) {
      message = "Sandbox container exited with code " + code->dump() + ".";
    }
  } else if (state == "Pending" && !said.empty()) {
    message = said;
  }
  return Json{{"state", state},
              {"reason", reason},
              {"message", message},
              {"lastTransitionAt", LastTransition(object)}};
}

void PutCommon(const Json& object, Json& out) {
  out["id"] = registry::MetadataString(object, "uid");
  out["status"] = StatusView(object);
  out["createdAt"] = CreatedAt(object);
  if (const auto expiry = ExpiryOf(object)) out["expiresAt"] = WireTime(*expiry);
  if (auto metadata = MetadataOf(object); !metadata.empty()) out["metadata"] = metadata;
  const Json* extensions = MemberPath(object, {"spec", "extensions"});
  if (extensions != nullptr && !extensions->empty()) out["extensions"] = *extensions;
  if (const Json* platform = MemberPath(object, {"spec", "platform"})) out["platform"] = *platform;
}

}  // namespace

std::string WireTime(Time time) {
  const bool whole = time.time_since_epoch() % std::chrono::seconds(1) == Duration::zero();
  return whole ? FormatTime(time) : FormatMicroTime(time);
}

std::string TimeText(std::string_view text) {
  const Result<Time> time = ParseTime(text);
  return time ? WireTime(*time) : std::string(text);
}

std::string CreatedAt(const Json& object) {
  return TimeText(registry::MetadataString(object, "creationTimestamp"));
}

bool Deleting(const Json& object) {
  return !registry::MetadataString(object, "deletionTimestamp").empty();
}

bool GaveUp(const Json& object) {
  const Json* gave_up = MemberPath(object, {"status", "gaveUp"});
  return gave_up != nullptr && *gave_up == Json(true);
}

std::string StateOf(const Json& object) {
  if (Deleting(object)) return "Stopping";
  const std::string_view phase = StringMember(Part(object, "status"), "phase");
  if (phase == "Running") return WantsPause(object) ? "Pausing" : "Running";
  if (phase == "Paused") {
    const bool resuming = Member(Part(object, "spec"), "paused") != nullptr && !WantsPause(object);
    return resuming ? "Resuming" : "Paused";
  }
  if (phase == "Succeeded") return "Terminated";
  if (phase.empty()) return "Pending";
  return std::string(phase);
}

std::map<std::string, std::string> MetadataOf(const Json& object) {
  std::map<std::string, std::string> out;
  const Json* both[] = {MemberPath(object, {"spec", "metadata"}),
                        MemberPath(object, {"metadata", "labels"})};
  for (const Json* source : both) {
    if (source == nullptr || !source->is_object()) continue;
    for (const auto& [key, value] : source->items()) {
      if (key.starts_with("osbx.dev/") || key.starts_with("opensandbox.io/")) continue;
      if (value.is_string()) out[key] = value.get<std::string>();
    }
  }
  return out;
}

std::optional<Time> ExpiryOf(const Json& object) {
  const Json& spec = Part(object, "spec");
  if (const auto at = ParseTime(StringMember(spec, "expiresAt"))) return *at;
  const Json* timeout = Member(spec, "timeoutSeconds");
  const auto created = ParseTime(registry::MetadataString(object, "creationTimestamp"));
  if (timeout == nullptr || !timeout->is_number_integer() || !created) return std::nullopt;
  return *created + std::chrono::seconds(timeout->get<std::int64_t>());
}

Json SandboxView(const Json& object) {
  Json out = Json::object();
  PutCommon(object, out);
  const Json& spec = Part(object, "spec");
  const Json& annotations = Part(registry::Metadata(object), "annotations");
  const std::string_view snapshot = StringMember(annotations, kSnapshotIdAnnotation);
  if (!snapshot.empty()) {
    out["snapshotId"] = snapshot;
  } else {
    std::string_view image = StringMember(spec, "image");
    if (image.empty()) image = StringMember(Part(Part(object, "status"), "image"), "uri");
    if (!image.empty()) out["image"] = Json{{"uri", image}};
  }
  const Json* entrypoint = Member(spec, "entrypoint");
  out["entrypoint"] = entrypoint == nullptr ? Json::array() : *entrypoint;
  return out;
}

Json CreatedView(const Json& object, const std::vector<std::string>& entrypoint) {
  Json out = Json::object();
  PutCommon(object, out);
  out["entrypoint"] = entrypoint;
  return out;
}

}  // namespace osbx::apiserver::opensandbox
