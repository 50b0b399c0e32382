// SPDX-License-Identifier: Apache-2.0
// Two versions of an object as a diff of their YAML. Pure.
#pragma once

#include <string>

#include "base/json.h"

namespace osbx::ctl {

// "" when they say the same. `live` null: it does not exist yet. Values of Secrets are masked,
// those that differ so that one sees that they do. What apply does not decide is left out: status
// and revisions.
std::string DiffObjects(Json live, Json merged, const std::string& name, bool managed_fields);

}  // namespace osbx::ctl
