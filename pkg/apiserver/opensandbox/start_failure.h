// SPDX-License-Identifier: Apache-2.0
// Upstream's code for a start that was given up (contract/docker_runtime.md §1). Pure.
#pragma once

#include "apiserver/opensandbox/failure.h"

namespace osbx::apiserver::opensandbox {

// Of the sandbox's status.reason and message.
Failure StartFailure(const Json& object);

}  // namespace osbx::apiserver::opensandbox
