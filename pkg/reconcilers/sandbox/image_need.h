// SPDX-License-Identifier: Apache-2.0
// Whether the image of a sandbox has to be pulled before its next container: a pure decision. Pulls
// are shared by all sandboxes of an image and remembered by the executor, so the question is always
// which pull counts for this one: only one that ended after this sandbox found that it needs it.
#pragma once

#include <optional>

#include "base/clock.h"
#include "ctrl/op_executor.h"

namespace osbx::reconcilers {

enum class PullPolicy { kIfNotPresent, kAlways, kNever };

struct ImageFacts {
  PullPolicy policy = PullPolicy::kIfNotPresent;
  bool has_container = false;                 // then the image was there
  std::optional<ctrl::LastOp> failed_create;  // the last create, when it found no image
  std::optional<ctrl::LastOp> pulled;         // the last pull of this image, whoever wanted it
  MonoTime wanted_since{};                    // of the sandbox; what kAlways counts from
  MonoTime mono{};
};

enum class ImageNeed {
  kNothing,     // create, or look at what else failed
  kPull,        // now
  kPullLater,   // somebody's pull failed a moment ago: not before its next_allowed
  kPullFailed,  // ours failed: to be told; after its next_allowed a create looks again
};

ImageNeed NeedOfImage(const ImageFacts& facts);

}  // namespace osbx::reconcilers
