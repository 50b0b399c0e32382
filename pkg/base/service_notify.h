// SPDX-License-Identifier: Apache-2.0
// Tells the service manager how far the daemon is: sd_notify(3), one datagram, without libsystemd.
// Thread-safe (no state).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace osbx {

// Sends `state` ("READY=1", "STOPPING=1") to `socket`, the value of $NOTIFY_SOCKET: a path, or a
// name in the abstract namespace that begins with '@'. "" sends nothing.
Result<> NotifyService(const std::string& socket, std::string_view state);

}  // namespace osbx
