// SPDX-License-Identifier: Apache-2.0
// GET /sandboxes/{id} (contract/lifecycle.md §5).
#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/dialect.h"
#include "apiserver/opensandbox/sandbox_view.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

Outcome<http::Response> Dialect::GetSandbox(const Request& request) {
  OSBX_TRY(const store::ObjectPtr object, Find(request));
  return http::Response::Json(200, registry::Dump(SandboxView(*object->body)));
}

}  // namespace osbx::apiserver::opensandbox
