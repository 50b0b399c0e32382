// SPDX-License-Identifier: Apache-2.0
// The failures of the API with Kubernetes' exact texts, codes and details (contract/kubectl.md
// §4.1). One constructor per case, so that a text exists once; causes come from api/causes.h. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/schema.h"
#include "base/error.h"

namespace osbx::registry {

Error NotFound(const api::Kind& kind, std::string_view name);
Error AlreadyExists(const api::Kind& kind, std::string_view name);
Error Stale(const api::Kind& kind, std::string_view name);  // resourceVersion is not the stored one
// "Operation cannot be fulfilled on volumes.osbx.dev "a": <why>"
Error Conflicting(const api::Kind& kind, std::string_view name, std::string_view why);
Error Forbidden(const api::Kind& kind, std::string_view name, std::string_view why,
                std::vector<Cause> causes = {});
Error Invalid(const api::Kind& kind, std::string_view name, std::vector<Cause> causes);
// details.kind is the plural: a PUT without resourceVersion, a patch with unknown fields.
Error InvalidRequest(const api::Kind& kind, std::string_view name, std::vector<Cause> causes);
// `options`: "CreateOptions", "ListOptions" …
Error InvalidOptions(std::string_view options, std::vector<Cause> causes);
Error BadRequest(std::string message);
// Unknown fields of a patch under Strict; the patch itself is not shown, it may hold keys.
Error StrictPatch(const std::vector<std::string>& faults);
Error UnprocessablePatch();           // JSON patch that cannot be applied
Error ServerError(std::string text);  // 500 without a reason
Error FutureRevision(std::string_view wanted, std::int64_t current);
Error ExpiredList(std::string continue_token);  // ListAt or continue below the kept history

// `"text"` with quotes and backslashes escaped, as Go's %q.
std::string Quoted(std::string_view text);

}  // namespace osbx::registry
