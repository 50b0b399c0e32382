// SPDX-License-Identifier: Apache-2.0
// The syntax of the SDK's metadata: that of Kubernetes' labels (contract/lifecycle.md §3.2). Pure.
#pragma once

#include <map>
#include <string>

#include "apiserver/opensandbox/failure.h"

namespace osbx::apiserver::opensandbox {

// 400 SANDBOX::INVALID_METADATA_LABEL for the first key or value that breaks it.
Outcome<> CheckMetadata(const std::map<std::string, std::string>& metadata);

}  // namespace osbx::apiserver::opensandbox
