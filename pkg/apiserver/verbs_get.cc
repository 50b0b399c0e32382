// SPDX-License-Identifier: Apache-2.0
#include "apiserver/resources.h"

namespace osbx::apiserver {

// Also of …/status, which is the whole object.
Answer GetObject(const Services& services, const http::Request& request, const ResourcePath& path) {
  OSBX_TRY(const ObjectForm form, ParseObjectForm(request));
  OSBX_TRY(const store::ObjectPtr object,
           services.registry.Get(RefOf(path), request.query.Get("resourceVersion")));
  return ObjectResponse(services, 200, *path.kind, object, form);
}

}  // namespace osbx::apiserver
