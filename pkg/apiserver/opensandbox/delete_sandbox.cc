// SPDX-License-Identifier: Apache-2.0
// DELETE /sandboxes/{id} (contract/lifecycle.md §6): 204 when it is gone. Once the deletion is
// recorded it cannot fail any more, only last; so 204 is also the answer when patience ends.
#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/dialect.h"

namespace osbx::apiserver::opensandbox {

Outcome<http::Response> Dialect::DeleteSandbox(const Request& request) {
  OSBX_TRY(const store::ObjectPtr object, Find(request));
  registry::DeleteOptions options;
  options.uid = object->uid;
  const auto deleted = registry_.Delete(RefOf(*object), options, Info());
  if (!deleted) {
    const Code code = deleted.error().code();
    if (code == Code::kNotFound || code == Code::kConflict) return SandboxNotFound(object->uid);
    return Failure(500, "DOCKER::SANDBOX_DELETE_FAILED", deleted.error().message());
  }
  sandboxes_.WaitFor(object->uid, options_.patience,
                     [](const store::ObjectPtr& present) { return present == nullptr; });
  http::Response response;
  response.status = 204;
  response.content_type.clear();
  return response;
}

}  // namespace osbx::apiserver::opensandbox
