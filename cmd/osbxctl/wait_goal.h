// SPDX-License-Identifier: Apache-2.0
// What `wait --for` waits for, and whether an object has got there. Pure.
#pragma once

#include <optional>
#include <string>

#include "api/json_path.h"
#include "base/json.h"
#include "base/result.h"

namespace osbx::ctl {

class Goal {
 public:
  enum class Kind { kCondition, kPhase, kPath, kCreate, kDelete };

  // condition=NAME[=VALUE], phase=VALUE, jsonpath=PATH[=VALUE], create or delete. kInvalid
  // otherwise.
  static Result<Goal> Parse(const std::string& text);

  Kind kind() const { return kind_; }
  // A condition counts only when it is about the object's present generation.
  bool Reached(const Json& object) const;
  // Where the object stands, in a few words for people who wait.
  std::string Note(const Json& object) const;

 private:
  Kind kind_ = Kind::kCondition;
  std::string name_;                  // of the condition
  std::optional<std::string> value_;  // wanted; absent: any
  std::optional<api::JsonPath> path_;
};

}  // namespace osbx::ctl
