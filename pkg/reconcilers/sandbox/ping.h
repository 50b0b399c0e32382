// SPDX-License-Identifier: Apache-2.0
// Asks execd's unix socket in a sandbox's slot whether it answers. The container may do with that
// socket what it likes: the answer is bounded in size and time and decides nothing but readiness.
// Thread-safe.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace osbx::reconcilers {

// Repeats until execd in the sandbox of that slot answers. `alive` is asked now and then;
// kFailedPrecondition when it says no, kDeadlineExceeded after `deadline`, kCancelled.
Result<> PingUntil(const std::string& slot, Duration deadline, const std::function<bool()>& alive,
                   std::stop_token stop);

}  // namespace osbx::reconcilers
