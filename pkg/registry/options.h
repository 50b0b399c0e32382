// SPDX-License-Identifier: Apache-2.0
// The options of a request, parsed from raw query values with Kubernetes' texts
// (contract/kubectl.md §§4.1, 4.3, 5.1). Values; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace osbx::registry {

enum class FieldValidation { kIgnore, kWarn, kStrict };

// What every write needs to know about its caller.
struct RequestInfo {
  std::string manager = "unknown";  // field manager
  bool dry_run = false;
  FieldValidation field_validation = FieldValidation::kWarn;
  bool force = false;  // server-side apply takes fields from other managers
  // Fields that the parser of the body met twice ("spec.size"); the last value won.
  std::vector<std::string> duplicate_fields;
  std::vector<std::string>* warnings = nullptr;  // appended to, unless null
  bool internal = false;  // a controller of ours: no field ownership, may make derived kinds
};

enum class Verb { kCreate, kUpdate, kPatch, kApply, kDelete };

// Raw query parameters of a write; absent ones are empty.
struct WriteQuery {
  std::vector<std::string> dry_run;
  std::string field_manager;
  std::string field_validation;
  std::optional<std::string> force;
  std::string user_agent;  // the manager of plain writes without fieldManager: up to the first "/"
};
// Errors: 422 Invalid of CreateOptions, UpdateOptions or PatchOptions.
Result<RequestInfo> ParseWriteQuery(Verb verb, const WriteQuery& query);

// Raw query parameters of a list (and of the list part of deletecollection).
struct ListOptions {
  std::string ns;  // "" = all namespaces
  std::string label_selector;
  std::string field_selector;
  std::string limit;
  std::string continue_token;
  std::string resource_version;
  std::string resource_version_match;
};

enum class Propagation { kDefault, kBackground, kForeground, kOrphan };

struct DeleteOptions {
  std::optional<std::string> uid;               // precondition
  std::optional<std::string> resource_version;  // precondition
  Propagation propagation = Propagation::kDefault;
  std::optional<std::int64_t> grace_period_seconds;
  bool dry_run = false;
};

struct DeleteQuery {
  std::vector<std::string> dry_run;
  std::string propagation_policy;
  std::string grace_period_seconds;
  std::string orphan_dependents;
};
// `body` null: none was sent, the query counts. With a body the query is ignored, as in Kubernetes.
Result<DeleteOptions> ParseDeleteOptions(const Json* body, const DeleteQuery& query);

}  // namespace osbx::registry
