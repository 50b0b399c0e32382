// SPDX-License-Identifier: Apache-2.0
// Finalizers that osbx sets. Ours are added by admission at create, before any effect exists (R6),
// so that a controller never has to add one. The last three are Kubernetes' own.
#pragma once

#include <string_view>

namespace osbx::registry {

inline constexpr std::string_view kContainerFinalizer = "osbx.dev/container";  // of a Sandbox
inline constexpr std::string_view kMountFinalizer = "osbx.dev/mount";          // of a Mount
inline constexpr std::string_view kVolumeFinalizer =
    "osbx.dev/volume-protection";  // of a Volume: it stays while sandboxes refer to it
inline constexpr std::string_view kSnapshotFinalizer = "osbx.dev/snapshot";  // of a Snapshot

inline constexpr std::string_view kForegroundFinalizer = "foregroundDeletion";  // dependents first
inline constexpr std::string_view kOrphanFinalizer = "orphan";         // dependents are let go
inline constexpr std::string_view kNamespaceFinalizer = "kubernetes";  // in Namespace.spec

}  // namespace osbx::registry
