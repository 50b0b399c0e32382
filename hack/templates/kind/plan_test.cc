// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/@kind@/@kind@_plan.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace osbx::reconcilers {
namespace {

struct Case {
  std::string says;
  std::int32_t wanted = 0;
  std::int32_t actual = 0;
  @Kind@Step step = @Kind@Step::kNone;
};

TEST(@Kind@Plan, Table) {
  const std::vector<Case> cases = {
      {"nothing wanted, nothing there", 0, 0, @Kind@Step::kNone},
      {"one is missing", 1, 0, @Kind@Step::kMake},
      {"as many as wanted", 2, 2, @Kind@Step::kNone},
      {"one too many", 1, 2, @Kind@Step::kRemove},  // fails until the plan knows this case
  };
  for (const Case& c : cases) {
    api::v1::@Kind@ object;
    object.spec.size = c.wanted;
    EXPECT_EQ(Plan@Kind@(object, {.actual = c.actual}).step, c.step) << c.says;
  }
}

}  // namespace
}  // namespace osbx::reconcilers
