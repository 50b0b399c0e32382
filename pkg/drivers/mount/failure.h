// SPDX-License-Identifier: Apache-2.0
// Why a mount failed: what a FUSE program left behind (exit code, output, log) turned into an Error
// with a code for programs and a reason word for conditions and events. The reason is in the
// error's first cause. Secrets are cut out of all text. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/subprocess.h"
#include "drivers/mount/backend.h"

namespace osbx::mount {

namespace reason {
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
}  // namespace reason

// An Error whose first cause carries `reason_word`.
Error Failure(Code code, std::string_view reason_word, std::string message);
// The reason of an error of this folder; "" when it has none.
std::string_view ReasonOf(const Error& error);

struct Leftovers {
  ExitStatus status;
  std::string output;    // stdout and stderr
  std::string log_tail;  // of the program's own log
};

Error ClassifyFailure(const Backend& backend, const Leftovers& leftovers,
                      const Credentials& credentials);

// Replaces every occurrence of a key by "***", control characters by blanks, and keeps the last
// `max_bytes`.
std::string Redact(std::string_view text, const Credentials& credentials,
                   std::size_t max_bytes = 1024);

}  // namespace osbx::mount
