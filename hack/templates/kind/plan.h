// SPDX-License-Identifier: Apache-2.0
// What the @kind@ controller does next. Pure: no clock, no input or output, no logging; everything it
// knows is in the object and the facts.
#pragma once

#include <cstdint>

#include "api/v1/@kind@.h"
#include "base/clock.h"

namespace osbx::reconcilers {

// What is, gathered anew for every step.
struct @Kind@Facts {
  std::int32_t actual = 0;
  Time now{};
};

enum class @Kind@Step { kNone, kMake, kRemove };

struct @Kind@Plan {
  @Kind@Step step = @Kind@Step::kNone;
  api::v1::@Kind@Status status;
};

@Kind@Plan Plan@Kind@(const api::v1::@Kind@& object, const @Kind@Facts& facts);

}  // namespace osbx::reconcilers
