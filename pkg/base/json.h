// SPDX-License-Identifier: Apache-2.0
// The JSON type of the project, declared only: include <nlohmann/json.hpp> in .cc files that look
// inside.
#pragma once

#include <memory>

#include <nlohmann/json_fwd.hpp>

namespace osbx {

using Json = nlohmann::json;
using JsonPtr = std::shared_ptr<const Json>;  // immutable and shared

}  // namespace osbx
