// SPDX-License-Identifier: Apache-2.0
// An unsuccessful answer of the engine as an Error. Pure.
#pragma once

#include <string_view>

#include "base/error.h"

namespace osbx::docker {

Error StatusError(int http_status, std::string_view body);

}  // namespace osbx::docker
