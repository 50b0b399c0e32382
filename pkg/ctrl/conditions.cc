// SPDX-License-Identifier: Apache-2.0
#include "ctrl/conditions.h"

#include <algorithm>

namespace osbx::ctrl {

void SetCondition(Conditions& conditions, std::string_view type, std::string_view status,
                  std::string_view reason, std::string_view message, Time now) {
  auto place = std::ranges::lower_bound(conditions, type, {}, &api::v1::Condition::type);
  if (place == conditions.end() || place->type != type) {
    place = conditions.insert(place, {.type = std::string(type)});
  }
  if (place->status != status) {
    place->status = status;
    place->last_transition_time = std::chrono::floor<std::chrono::seconds>(now);
  }
  place->reason = reason;
  place->message = message;
}

const api::v1::Condition* FindCondition(const Conditions& conditions, std::string_view type) {
  const auto found = std::ranges::find(conditions, type, &api::v1::Condition::type);
  return found == conditions.end() ? nullptr : &*found;
}

bool ConditionTrue(const Conditions& conditions, std::string_view type) {
  const auto* condition = FindCondition(conditions, type);
  return condition != nullptr && condition->status == "True";
}

}  // namespace osbx::ctrl
