// SPDX-License-Identifier: Apache-2.0
// What the mount backends have to say about the OSSFS sources of an object, said when it is
// written: an option or an endpoint that can never be mounted is refused with its path instead of
// failing later. Pure.
#pragma once

#include <vector>

#include "api/schema.h"
#include "base/error.h"
#include "base/json.h"

namespace osbx::reconcilers {

// Broken rules of every `ossfs` of a Sandbox or Volume ("spec.volumes[0].ossfs.options[1]"); of
// other kinds none. A registry::ObjectCheck.
std::vector<Cause> CheckSources(const api::Kind& kind, const Json& object);

}  // namespace osbx::reconcilers
