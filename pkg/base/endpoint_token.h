// SPDX-License-Identifier: Apache-2.0
// What opens one sandbox's endpoints: execd takes it, osbxd's proxy takes it, and the SDKs get it
// in the endpoint's headers. Derived, so that it is the same after every restart and there is
// nothing to store; compare it as a Secret. Thread-safe.
#pragma once

#include <string_view>

#include "base/secret.h"

namespace osbx {

// HMAC-SHA256 of the sandbox's uid under this installation's key, in hex. Of no use for another
// sandbox or another installation.
Secret EndpointToken(const Secret& install_key, std::string_view uid);

// The request header that carries it (contract/execd.md §1).
inline constexpr std::string_view kEndpointTokenHeader = "X-EXECD-ACCESS-TOKEN";

}  // namespace osbx
