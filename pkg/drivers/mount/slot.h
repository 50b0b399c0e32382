// SPDX-License-Identifier: Apache-2.0
// The slot of a sandbox: a directory of the host, bound into its container with rslave propagation
// (design §5). It carries execd's unix socket, and what is mounted below it later appears in the
// running container. A slot is a tmpfs of its own, small and bounded, so that nothing in the
// container can fill the host through it. Thread-safe for different ids; idempotent.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace osbx::mount {

// Makes `root` a shared mount of its own (bind on itself, rshared), as rslave binds need
// (facts/mounts.md §1).
Result<> EnsureSharedRoot(const std::string& root);

// Makes the slot <root>/<id> and returns its path.
Result<std::string> EnsureSlot(const std::string& root, const std::string& id);

// The ids of the slots below `root`, sorted.
std::vector<std::string> ListSlots(const std::string& root);

// Removes the slot; one that is not there is a success. Never recursive: what else is mounted in it
// makes it kFailedPrecondition.
Result<> RemoveSlot(const std::string& root, const std::string& id);

}  // namespace osbx::mount
