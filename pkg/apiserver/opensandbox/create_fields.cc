// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/create_fields.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/body.h"
#include "apiserver/opensandbox/volumes.h"
#include "apiserver/opensandbox/words.h"
#include "base/result.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

namespace {

constexpr std::int64_t kLeastTimeout = 60;  // seconds

Outcome<> ReadImage(FieldReader& fields, CreateFields& out) {
  const Json* image = fields.Object("image");
  if (image == nullptr) return {};
  FieldReader inner(*image, fields.PathTo("image"));
  const std::string uri = inner.Text("uri", {.required = true}).value_or("");
  if (!Blank(uri)) out.image = uri;
  if (const Json* auth = inner.Object("auth")) {
    FieldReader pair(*auth, inner.PathTo("auth"));
    ImageAuth read;
    read.username = pair.Text("username", {.required = true}).value_or("");
    read.password = Secret(pair.Text("password", {.required = true}).value_or(""));
    OSBX_CHECK(pair.Check());
    out.image_auth = std::move(read);
  }
  return inner.Check();
}

void ReadPlatform(FieldReader& fields, CreateFields& out) {
  const Json* platform = fields.Object("platform");
  if (platform == nullptr) return;
  out.has_platform = true;
  for (const auto& [name, into] : {std::pair{"os", &out.os}, std::pair{"arch", &out.arch}}) {
    const Json* value = FieldOf(*platform, name);
    if (value != nullptr && value->is_string()) *into = value->get<std::string>();
  }
}

// One object of a list below `at`, with the given fields as text.
Outcome<> CheckTexts(const Json& value, const FieldPath& at,
                     const std::vector<const char*>& names) {
  if (!value.is_object()) {
    return FieldBroken({"model_attributes_type", at,
                        "Input should be a valid dictionary or object to extract fields from"});
  }
  FieldReader fields(value, at);
  for (const char* name : names) fields.Text(name, {.required = true, .least = 1});
  return fields.Check();
}

bool IsVerdict(const Json& value) {
  return value.is_string() && (value == Json("allow") || value == Json("deny"));
}

Failure NotAVerdict(const FieldPath& at) {
  return FieldBroken({"literal_error", at, "Input should be 'allow' or 'deny'",
                      std::make_shared<const Json>(Json{{"expected", "'allow' or 'deny'"}})});
}

Outcome<> CheckNetworkPolicy(FieldReader& fields, CreateFields& out) {
  const Json* policy = fields.Object("networkPolicy");
  if (policy == nullptr) return {};
  out.has_network_policy = true;
  const FieldPath at = fields.PathTo("networkPolicy");
  FieldReader inner(*policy, at);
  const Json* action = FieldOf(*policy, "defaultAction");
  if (action != nullptr && !IsVerdict(*action)) return NotAVerdict(inner.PathTo("defaultAction"));
  const Json* rules = FieldOf(*policy, "egress");
  if (rules == nullptr) return {};
  const FieldPath list = inner.PathTo("egress");
  if (!rules->is_array()) return FieldBroken({"list_type", list, "Input should be a valid list"});
  for (std::size_t i = 0; i < rules->size(); ++i) {
    FieldPath rule = list;
    rule.emplace_back(static_cast<std::int64_t>(i));
    OSBX_CHECK(CheckTexts((*rules)[i], rule, {"action", "target"}));
    rule.emplace_back("action");
    if (!IsVerdict(*FieldOf((*rules)[i], "action"))) return NotAVerdict(rule);
  }
  return {};
}

// Hooks are refused later; here only what upstream's schema forbids: other members.
Outcome<> CheckLifecycle(FieldReader& fields, CreateFields& out) {
  const Json* lifecycle = fields.Object("lifecycle");
  if (lifecycle == nullptr) return {};
  out.has_lifecycle = true;
  for (const auto& [key, value] : lifecycle->items()) {
    if (key == "preStart" || key == "pre_start" || key == "periodic") continue;
    FieldPath at = fields.PathTo("lifecycle");
    at.emplace_back(key);
    return FieldBroken({"extra_forbidden", at, "Extra inputs are not permitted"});
  }
  return {};
}

// templateId goes with few other fields.
Outcome<> CheckTemplate(const Json& body, const CreateFields& fields) {
  static constexpr std::array kOthers = {
      "image",          "snapshotId",       "entrypoint", "env",
      "resourceLimits", "resourceRequests", "volumes",    "platform",
      "lifecycle",      "credentialProxy"};
  for (const char* other : kOthers) {
    if (FieldOf(body, other) == nullptr) continue;
    return RuleBroken(std::string(other) + " cannot be combined with templateId.");
  }
  if (fields.secure_access) return RuleBroken("secureAccess cannot be combined with templateId.");
  if (!fields.timeout) return RuleBroken("timeout is required with templateId.");
  return {};
}

Outcome<> CheckTogether(const Json& body, const CreateFields& fields) {
  if (fields.has_template) return CheckTemplate(body, fields);
  if (fields.image.empty() == fields.snapshot_id.empty()) {
    return RuleBroken("Exactly one of image or snapshotId must be provided.");
  }
  if (!fields.image.empty() && fields.entrypoint.empty()) {
    return RuleBroken("entrypoint is required when image is provided.");
  }
  if (FieldOf(body, "resourceLimits") == nullptr && !fields.extensions.contains("poolRef")) {
    return RuleBroken("resourceLimits is required.");
  }
  if (fields.env.contains("OPENSANDBOX_LIFECYCLE")) {
    return RuleBroken("OPENSANDBOX_LIFECYCLE is a reserved variable.");
  }
  const Json* proxy = FieldOf(body, "credentialProxy");
  const Json* enabled = proxy == nullptr ? nullptr : FieldOf(*proxy, "enabled");
  if (enabled != nullptr && *enabled == Json(true) && !fields.has_network_policy) {
    return RuleBroken("credentialProxy needs networkPolicy.");
  }
  return {};
}

}  // namespace

Outcome<CreateFields> ReadCreateFields(const Json& body) {
  FieldReader fields(body);
  CreateFields out;
  OSBX_CHECK(ReadImage(fields, out));
  const auto given = [&fields](const char* name) {
    std::string text = fields.Text(name).value_or("");
    return Blank(text) ? "" : text;
  };
  out.snapshot_id = given("snapshotId");
  out.has_template = !given("templateId").empty();
  out.entrypoint = fields.TextList("entrypoint", 1);
  out.timeout = fields.Whole("timeout", kLeastTimeout);
  out.env = fields.TextMap("env", true);
  out.metadata = fields.TextMap("metadata");
  out.limits = fields.TextMap("resourceLimits");
  fields.TextMap("resourceRequests");
  out.extensions = fields.TextMap("extensions");
  ReadPlatform(fields, out);
  out.secure_access = fields.Flag("secureAccess");
  fields.Object("credentialProxy");
  OSBX_CHECK(CheckNetworkPolicy(fields, out));
  OSBX_CHECK(CheckLifecycle(fields, out));
  OSBX_CHECK(fields.Check());
  OSBX_CHECK(CheckVolumeShapes(body));
  OSBX_CHECK(CheckTogether(body, out));
  return out;
}

}  // namespace osbx::apiserver::opensandbox
