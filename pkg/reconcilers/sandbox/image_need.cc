// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/sandbox/image_need.h"

namespace osbx::reconcilers {
namespace {

// No pull that counts has ended.
ImageNeed PullWhenAllowed(const ImageFacts& facts) {
  const bool waits = facts.pulled && facts.pulled->error && facts.pulled->next_allowed > facts.mono;
  return waits ? ImageNeed::kPullLater : ImageNeed::kPull;
}

}  // namespace

ImageNeed NeedOfImage(const ImageFacts& facts) {
  if (facts.has_container || facts.policy == PullPolicy::kNever) return ImageNeed::kNothing;
  const auto ended_after = [&facts](MonoTime since) {
    return facts.pulled && facts.pulled->finished_at >= since;
  };
  if (facts.policy == PullPolicy::kAlways && !ended_after(facts.wanted_since))
    return PullWhenAllowed(facts);
  if (!facts.failed_create) {
    const bool must_be_fresh = facts.policy == PullPolicy::kAlways;
    if (!must_be_fresh || !facts.pulled->error) return ImageNeed::kNothing;
  } else if (!ended_after(facts.failed_create->finished_at)) {
    return PullWhenAllowed(facts);
  }
  if (!facts.pulled->error) return ImageNeed::kNothing;  // it is here now: create again
  if (facts.pulled->next_allowed > facts.mono) return ImageNeed::kPullFailed;
  // The pause is over. It may have been loaded by hand meanwhile, which a create finds out; what
  // must be fresh is pulled again.
  return facts.policy == PullPolicy::kAlways ? ImageNeed::kPull : ImageNeed::kPullFailed;
}

}  // namespace osbx::reconcilers
