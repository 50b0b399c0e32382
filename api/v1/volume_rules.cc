// SPDX-License-Identifier: Apache-2.0
#include "api/v1/json_fields.h"
#include "api/v1/rules.h"

namespace osbx::api::v1 {

std::vector<Cause> VolumeRules(const Json& object, const Json* /*old_object*/) {
  std::vector<Cause> causes;
  const Json* spec = ObjectIn(&object, "spec");
  if (const Json* ossfs = ObjectIn(spec, "ossfs"); ossfs != nullptr) {
    CheckOssfs(*ossfs, "spec.ossfs", causes);
  }
  if (const Json* host = ObjectIn(spec, "host"); host != nullptr) {
    CheckHost(*host, "spec.host", causes);
  }
  return causes;
}

}  // namespace osbx::api::v1
