// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/sandbox/image_need.h"

#include <gtest/gtest.h>

namespace osbx::reconcilers {
namespace {

using std::chrono::seconds;

MonoTime At(int second) {
  return MonoTime{} + seconds(second);
}
ctrl::LastOp Ok(int second) {
  return {.finished_at = At(second), .next_allowed = At(second)};
}
ctrl::LastOp Failed(int second, int next = 0) {
  return {.error = Error(Code::kUnavailable, "no"),
          .finished_at = At(second),
          .next_allowed = At(next == 0 ? second : next)};
}

TEST(ImageNeed, EachCase) {
  struct Row {
    const char* name;
    ImageFacts facts;
    ImageNeed need;
  };
  const MonoTime now = At(100);
  const auto always = PullPolicy::kAlways;
  for (const Row& row : {
           Row{"nothing is known: a create finds out", {}, ImageNeed::kNothing},
           Row{"a create found none", {.failed_create = Failed(90)}, ImageNeed::kPull},
           Row{"and may not pull",
               {.policy = PullPolicy::kNever, .failed_create = Failed(90)},
               ImageNeed::kNothing},
           Row{"pulled since",
               {.failed_create = Failed(90), .pulled = Ok(95)},
               ImageNeed::kNothing},
           Row{"pulled before, and removed since",
               {.failed_create = Failed(90), .pulled = Ok(80)},
               ImageNeed::kPull},
           Row{"somebody's pull failed long before: that says nothing about now",
               {.failed_create = Failed(90), .pulled = Failed(10, 20)},
               ImageNeed::kPull},
           Row{"somebody's pull failed just before: not at once again",
               {.failed_create = Failed(90), .pulled = Failed(89, 120)},
               ImageNeed::kPullLater},
           Row{"its own pull failed",
               {.failed_create = Failed(90), .pulled = Failed(95, 120)},
               ImageNeed::kPullFailed},
           Row{"after the pause a create looks first: it may have been loaded by hand",
               {.failed_create = Failed(90), .pulled = Failed(95, 99)},
               ImageNeed::kPullFailed},
           Row{"always: before anything else",
               {.policy = always, .wanted_since = At(50)},
               ImageNeed::kPull},
           Row{"always: not for a container that is there",
               {.policy = always, .has_container = true, .wanted_since = At(50)},
               ImageNeed::kNothing},
           Row{"always: an earlier sandbox's pull does not count",
               {.policy = always, .pulled = Ok(40), .wanted_since = At(50)},
               ImageNeed::kPull},
           Row{"always: pulled since",
               {.policy = always, .pulled = Ok(60), .wanted_since = At(50)},
               ImageNeed::kNothing},
           Row{"always: a failed pull counts though the image may be here",
               {.policy = always, .pulled = Failed(60, 120), .wanted_since = At(50)},
               ImageNeed::kPullFailed},
           Row{"always: and is repeated",
               {.policy = always, .pulled = Failed(60, 99), .wanted_since = At(50)},
               ImageNeed::kPull},
       }) {
    ImageFacts facts = row.facts;
    facts.mono = now;
    EXPECT_EQ(NeedOfImage(facts), row.need) << row.name;
  }
}

}  // namespace
}  // namespace osbx::reconcilers
