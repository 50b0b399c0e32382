// SPDX-License-Identifier: Apache-2.0
// A Snapshot object as the SDKs see it (contract/lifecycle.md §13). Pure.
#pragma once

#include <string>

#include "base/json.h"

namespace osbx::apiserver::opensandbox {

// On a Snapshot: the id of its sandbox, which its controller fills in only later.
inline constexpr const char* kSandboxIdAnnotation = "opensandbox.io/sandbox-id";
// On a Sandbox: the id of the snapshot that it was started from.
inline constexpr const char* kSnapshotIdAnnotation = "opensandbox.io/snapshot-id";

// Creating, Ready, Failed or Deleting.
std::string SnapshotState(const Json& object);
std::string SandboxIdOf(const Json& snapshot);
Json SnapshotView(const Json& object);

}  // namespace osbx::apiserver::opensandbox
