// SPDX-License-Identifier: Apache-2.0
#include "base/reason.h"

#include <algorithm>
#include <array>

namespace osbx {
namespace {

constexpr bool kGivesUp = true;

constexpr std::array kReasons{
    Reason{reason::kInvalidSpec, kGivesUp},
    Reason{reason::kInvalidCredentials, kGivesUp},
    Reason{reason::kInvalidOption, kGivesUp},
    Reason{reason::kBucketNotFound, kGivesUp},
    Reason{reason::kEndpointUnreachable, kGivesUp},
    Reason{reason::kTimedOut, kGivesUp},
    Reason{reason::kBinaryMissing, kGivesUp},
    Reason{reason::kNoFuseDevice, kGivesUp},
    Reason{reason::kTargetOccupied, kGivesUp},
    Reason{reason::kTargetBusy},
    Reason{reason::kNotConnected},
    Reason{reason::kMountFailed, kGivesUp},
    Reason{reason::kCredentialsNotFound, kGivesUp},
    Reason{reason::kVolumeNotFound, kGivesUp},
    Reason{reason::kVolumeTerminating, kGivesUp},
    Reason{reason::kSnapshotNotReady, kGivesUp},
    Reason{reason::kHostPathRefused, kGivesUp},
    Reason{reason::kHostPathFailed, kGivesUp},
    Reason{reason::kPvcNotFound, kGivesUp},
    Reason{reason::kPvcFailed, kGivesUp},
    Reason{reason::kPvcSubPathUnsupported, kGivesUp},
    Reason{reason::kSubPathRefused, kGivesUp},
    Reason{reason::kImageNotFound, kGivesUp},  // imagePullPolicy Never: otherwise it is pulled
    Reason{reason::kImagePullDenied, kGivesUp},
    Reason{reason::kImagePullFailed, kGivesUp},
    Reason{reason::kNetworkNotFound, kGivesUp},
    Reason{reason::kRuntimeNotFound, kGivesUp},
    Reason{reason::kNoFreePort, kGivesUp},
    Reason{reason::kCreateFailed, kGivesUp},
    Reason{reason::kStartFailed, kGivesUp},
    Reason{reason::kExecdSilent, kGivesUp},
    Reason{reason::kPauseFailed},
    Reason{reason::kResumeFailed},
    Reason{reason::kRemoveFailed},
};

}  // namespace

std::span<const Reason> AllReasons() {
  return kReasons;
}

bool IsTerminal(std::string_view word) {
  return std::ranges::any_of(
      kReasons, [word](const Reason& reason) { return reason.word == word && reason.terminal; });
}

Error Because(std::string_view word, Error error) {
  std::vector<Cause> causes{{std::string(word), "", error.message()}};
  return std::move(error).WithCauses(std::move(causes));
}

std::string ReasonOf(const Error& error) {
  if (!error.causes().empty() && !error.causes().front().reason.empty()) {
    return error.causes().front().reason;
  }
  return std::string(CodeName(error.code()));
}

}  // namespace osbx
