// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/@kind@/@kind@_plan.h"

#include "ctrl/conditions.h"

namespace osbx::reconcilers {

@Kind@Plan Plan@Kind@(const api::v1::@Kind@& object, const @Kind@Facts& facts) {
  @Kind@Plan plan{.step = @Kind@Step::kNone, .status = object.status};
  plan.status.observed_generation = object.metadata.generation;
  if (facts.actual < object.spec.size) plan.step = @Kind@Step::kMake;
  ctrl::SetCondition(plan.status.conditions, "Ready",
                     plan.step == @Kind@Step::kNone ? "True" : "False",
                     plan.step == @Kind@Step::kNone ? "AsWanted" : "Working", "", facts.now);
  return plan;
}

}  // namespace osbx::reconcilers
