// SPDX-License-Identifier: Apache-2.0
#include "registry/options.h"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "api/causes.h"
#include "registry/errors.h"
#include "registry/json_access.h"

namespace osbx::registry {
namespace {

constexpr std::size_t kMaxManagerBytes = 128;

std::string_view OptionsKind(Verb verb) {
  switch (verb) {
    case Verb::kCreate:
      return "CreateOptions";
    case Verb::kUpdate:
      return "UpdateOptions";
    case Verb::kDelete:
      return "DeleteOptions";
    case Verb::kPatch:
    case Verb::kApply:
      break;
  }
  return "PatchOptions";
}

bool IsTrue(std::string_view text) {
  return text == "true" || text == "1";
}

// Whether to run dry; adds a cause when the values are not exactly ["All"] or none.
bool CheckDryRun(const std::vector<std::string>& values, std::vector<Cause>& causes) {
  if (values.empty()) return false;
  if (std::any_of(values.begin(), values.end(), [](const auto& v) { return v != "All"; })) {
    causes.push_back({"FieldValueNotSupported", "dryRun",
                      "Unsupported value: " + Dump(Json(values)) + ": supported values: \"All\""});
  }
  return true;
}

void CheckManager(Verb verb, const std::string& manager, std::vector<Cause>& causes) {
  if (manager.empty() && verb == Verb::kApply) {
    causes.push_back(api::Required("fieldManager", "is required for apply patch"));
  }
  if (manager.size() > kMaxManagerBytes) {
    causes.push_back(api::TooLong("fieldManager", kMaxManagerBytes));
  }
  if (std::any_of(manager.begin(), manager.end(),
                  [](unsigned char c) { return c < 0x20 || c == 0x7F; })) {
    causes.push_back(
        api::InvalidText("fieldManager", manager, "should only contain printable characters"));
  }
}

std::string ManagerOf(const WriteQuery& query) {
  if (!query.field_manager.empty()) return query.field_manager;
  std::string name;
  for (const char c : query.user_agent.substr(0, query.user_agent.find('/'))) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) name += c;
  }
  // Header bytes are not necessarily UTF-8: JSON needs them to be.
  const bool ascii =
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x80; });
  if (name.empty() || !ascii) return "unknown";
  return name.substr(0, kMaxManagerBytes);
}

Propagation CheckPropagation(std::string_view text, std::vector<Cause>& causes) {
  if (text.empty()) return Propagation::kDefault;
  if (text == "Background") return Propagation::kBackground;
  if (text == "Foreground") return Propagation::kForeground;
  if (text == "Orphan") return Propagation::kOrphan;
  causes.push_back(
      api::Unsupported("propagationPolicy", Json(text), {"Foreground", "Background", "Orphan"}));
  return Propagation::kDefault;
}

void CheckOrphan(std::optional<bool> orphan, std::string_view policy, DeleteOptions& options,
                 std::vector<Cause>& causes) {
  if (!orphan) return;
  if (!policy.empty()) {
    causes.push_back(
        api::InvalidText("propagationPolicy", policy,
                         "orphanDependents and deletionPropagation cannot be both set"));
  }
  options.propagation = *orphan ? Propagation::kOrphan : Propagation::kBackground;
}

Result<DeleteOptions> FromBody(const Json& body) {
  if (!body.is_object()) return BadRequest("the body of a delete must be DeleteOptions");
  DeleteOptions options;
  std::vector<Cause> causes;
  if (const Json* dry = Member(body, "dryRun")) {
    if (!dry->is_array()) return BadRequest("DeleteOptions.dryRun must be a list of strings");
    std::vector<std::string> values;
    for (const Json& value : *dry)
      values.push_back(value.is_string() ? value.get<std::string>() : "");
    options.dry_run = CheckDryRun(values, causes);
  }
  if (const Json* grace = Member(body, "gracePeriodSeconds")) {
    if (!grace->is_number_integer()) {
      return BadRequest("DeleteOptions.gracePeriodSeconds must be an integer");
    }
    options.grace_period_seconds = grace->get<std::int64_t>();
  }
  const std::string_view policy = StringMember(body, "propagationPolicy");
  options.propagation = CheckPropagation(policy, causes);
  if (const Json* orphan = Member(body, "orphanDependents")) {
    if (!orphan->is_boolean())
      return BadRequest("DeleteOptions.orphanDependents must be a boolean");
    CheckOrphan(orphan->get<bool>(), policy, options, causes);
  }
  if (const Json* preconditions = Member(body, "preconditions")) {
    if (Member(*preconditions, "uid") != nullptr) options.uid = StringMember(*preconditions, "uid");
    if (Member(*preconditions, "resourceVersion") != nullptr) {
      options.resource_version = StringMember(*preconditions, "resourceVersion");
    }
  }
  if (!causes.empty()) return InvalidOptions("DeleteOptions", std::move(causes));
  return options;
}

}  // namespace

Result<RequestInfo> ParseWriteQuery(Verb verb, const WriteQuery& query) {
  RequestInfo info;
  std::vector<Cause> causes;
  info.dry_run = CheckDryRun(query.dry_run, causes);
  if (query.force && verb != Verb::kApply) {
    causes.push_back(api::Forbidden("force", "may not be specified for non-apply patch"));
  }
  info.force = query.force && IsTrue(*query.force);
  CheckManager(verb, query.field_manager, causes);
  info.manager = ManagerOf(query);
  if (query.field_validation == "Strict") {
    info.field_validation = FieldValidation::kStrict;
  } else if (query.field_validation == "Ignore") {
    info.field_validation = FieldValidation::kIgnore;
  } else if (!query.field_validation.empty() && query.field_validation != "Warn") {
    causes.push_back(api::Unsupported("fieldValidation", Json(query.field_validation),
                                      {"Ignore", "Strict", "Warn"}));
  }
  if (!causes.empty()) return InvalidOptions(OptionsKind(verb), std::move(causes));
  return info;
}

Result<DeleteOptions> ParseDeleteOptions(const Json* body, const DeleteQuery& query) {
  if (body != nullptr && !body->is_null()) return FromBody(*body);
  DeleteOptions options;
  std::vector<Cause> causes;
  options.dry_run = CheckDryRun(query.dry_run, causes);
  options.propagation = CheckPropagation(query.propagation_policy, causes);
  if (!query.orphan_dependents.empty()) {
    CheckOrphan(IsTrue(query.orphan_dependents), query.propagation_policy, options, causes);
  }
  const std::string& grace = query.grace_period_seconds;
  if (!grace.empty()) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(grace.data(), grace.data() + grace.size(), seconds);
    if (error != std::errc() || end != grace.data() + grace.size()) {
      return BadRequest("gracePeriodSeconds: " + Quoted(grace) + " is not an integer");
    }
    options.grace_period_seconds = seconds;
  }
  if (!causes.empty()) return InvalidOptions("DeleteOptions", std::move(causes));
  return options;
}

}  // namespace osbx::registry
