// SPDX-License-Identifier: Apache-2.0
// The reason words: why something is as it is, one CamelCase word each. They stand in the first
// cause of an Error, in conditions, events and status.reason, and are part of the API: a client's
// code for a failed start follows from them (pkg/apiserver/opensandbox). A word is never reused for
// something else. Immutable; thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace osbx {

namespace reason {

// ---- mounting (pkg/drivers/mount) ----
inline constexpr std::string_view kInvalidSpec = "InvalidSpec";
inline constexpr std::string_view kInvalidCredentials = "InvalidCredentials";
inline constexpr std::string_view kInvalidOption = "InvalidOption";
inline constexpr std::string_view kBucketNotFound = "BucketNotFound";
inline constexpr std::string_view kEndpointUnreachable = "EndpointUnreachable";
inline constexpr std::string_view kTimedOut = "TimedOut";
inline constexpr std::string_view kBinaryMissing = "BinaryMissing";
inline constexpr std::string_view kNoFuseDevice = "NoFuseDevice";
inline constexpr std::string_view kTargetOccupied = "TargetOccupied";  // by a foreign mount or file
inline constexpr std::string_view kTargetBusy = "TargetBusy";          // in use: cannot unmount
inline constexpr std::string_view kNotConnected = "NotConnected";      // the FUSE server is dead
inline constexpr std::string_view kMountFailed = "MountFailed";        // anything else

// ---- what a sandbox refers to ----
inline constexpr std::string_view kCredentialsNotFound = "CredentialsNotFound";
inline constexpr std::string_view kVolumeNotFound = "VolumeNotFound";
inline constexpr std::string_view kVolumeTerminating = "VolumeTerminating";
inline constexpr std::string_view kSnapshotNotReady = "SnapshotNotReady";
inline constexpr std::string_view kHostPathRefused = "HostPathRefused";  // outside the allow-list
inline constexpr std::string_view kHostPathFailed = "HostPathFailed";    // not to be made or opened
inline constexpr std::string_view kPvcNotFound = "PvcNotFound";  // and createIfNotExists is false
inline constexpr std::string_view kPvcFailed = "PvcFailed";      // the engine says so
inline constexpr std::string_view kPvcSubPathUnsupported = "PvcSubPathUnsupported";
inline constexpr std::string_view kSubPathRefused = "SubPathRefused";  // leads out of the volume

// ---- a container's life ----
inline constexpr std::string_view kImageNotFound = "ImageNotFound";  // create says so: it is pulled
inline constexpr std::string_view kImagePullDenied = "ImagePullDenied";  // by its registry
inline constexpr std::string_view kImagePullFailed = "ImagePullFailed";  // anything else
inline constexpr std::string_view kNetworkNotFound = "NetworkNotFound";
inline constexpr std::string_view kRuntimeNotFound = "RuntimeNotFound";
inline constexpr std::string_view kNoFreePort = "NoFreePort";
inline constexpr std::string_view kCreateFailed = "CreateFailed";
inline constexpr std::string_view kStartFailed = "StartFailed";
inline constexpr std::string_view kExecdSilent = "ExecdSilent";
inline constexpr std::string_view kPauseFailed = "PauseFailed";
inline constexpr std::string_view kResumeFailed = "ResumeFailed";
inline constexpr std::string_view kRemoveFailed = "RemoveFailed";

}  // namespace reason

struct Reason {
  std::string_view word;
  // Waiting does not help: startPolicy FailFast gives up with this word as status.reason.
  bool terminal = false;
};

// Every word above.
std::span<const Reason> AllReasons();
bool IsTerminal(std::string_view word);

// The error with `word` as the reason of its first cause.
Error Because(std::string_view word, Error error);
// That word, or the name of the error's code when it has none.
std::string ReasonOf(const Error& error);

}  // namespace osbx
