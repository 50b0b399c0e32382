// SPDX-License-Identifier: Apache-2.0
// Conditions, after Kubernetes' API conventions: one entry per type, sorted by type; the transition
// time moves only when the status does, so that repeating a fact changes nothing (style R8). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/v1/common.h"
#include "base/clock.h"

namespace osbx::ctrl {

using Conditions = std::vector<api::v1::Condition>;

// Sets one condition. `status` is "True", "False" or "Unknown".
void SetCondition(Conditions& conditions, std::string_view type, std::string_view status,
                  std::string_view reason, std::string_view message, Time now);

// Null when there is no such condition.
const api::v1::Condition* FindCondition(const Conditions& conditions, std::string_view type);
bool ConditionTrue(const Conditions& conditions, std::string_view type);

}  // namespace osbx::ctrl
