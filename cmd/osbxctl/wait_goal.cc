// SPDX-License-Identifier: Apache-2.0
#include "wait_goal.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "paths.h"

namespace osbx::ctl {
namespace {

// kubectl compares names and values of conditions without regard to case.
bool SameWord(const std::string& a, const std::string& b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

const Json* FindCondition(const Json& object, const std::string& name) {
  const Json::json_pointer place("/status/conditions");
  if (!object.contains(place)) return nullptr;
  for (const Json& condition : object[place]) {
    if (SameWord(condition.value("type", ""), name)) return &condition;
  }
  return nullptr;
}

bool Outdated(const Json& condition, const Json& object) {
  const auto generation = object.value("/metadata/generation"_json_pointer, std::int64_t{0});
  return condition.value("observedGeneration", generation) < generation;
}

std::string Joined(const Json& holder, std::initializer_list<const char*> members) {
  std::string out;
  for (const char* member : members) {
    const std::string word = holder.value(member, "");
    if (!word.empty()) out += (out.empty() ? "" : " ") + word;
  }
  return out;
}

}  // namespace

Result<Goal> Goal::Parse(const std::string& text) {
  Goal goal;
  const auto equal = text.find('=');
  const std::string word = text.substr(0, equal);
  const std::string rest = equal == std::string::npos ? "" : text.substr(equal + 1);
  if (text == "delete" || text == "create") {
    goal.kind_ = text == "delete" ? Kind::kDelete : Kind::kCreate;
    return goal;
  }
  if (word == "phase" && !rest.empty()) {
    goal.kind_ = Kind::kPhase;
    goal.value_ = rest;
    return goal;
  }
  if (word == "condition" && !rest.empty()) {
    const auto second = rest.find('=');
    goal.name_ = rest.substr(0, second);
    goal.value_ = second == std::string::npos ? "True" : rest.substr(second + 1);
    return goal;
  }
  if (word == "jsonpath" && !rest.empty()) {
    goal.kind_ = Kind::kPath;
    // The value is after the brace: the path itself may hold "==".
    const auto brace = rest.find('}');
    const auto second = rest.find('=', brace == std::string::npos ? 0 : brace);
    if (second != std::string::npos) goal.value_ = rest.substr(second + 1);
    OSBX_TRY(goal.path_, ParsePath(rest.substr(0, second)));
    return goal;
  }
  return Error(Code::kInvalid,
               "--for: expected condition=NAME[=VALUE], phase=VALUE, "
               "jsonpath=PATH[=VALUE], create or delete, got \"" +
                   text + "\"");
}

bool Goal::Reached(const Json& object) const {
  switch (kind_) {
    case Kind::kCreate:
      return true;
    case Kind::kDelete:
      return false;  // it is there
    case Kind::kPhase:
      return SameWord(object.value("/status/phase"_json_pointer, ""), *value_);
    case Kind::kPath: {
      const Json* found = path_->First(object);
      return found != nullptr && (!value_ || ValueText(*found) == *value_);
    }
    case Kind::kCondition:
      break;
  }
  const Json* condition = FindCondition(object, name_);
  return condition != nullptr && !Outdated(*condition, object) &&
         SameWord(condition->value("status", ""), *value_);
}

std::string Goal::Note(const Json& object) const {
  const Json status = object.value("status", Json::object());
  switch (kind_) {
    case Kind::kCreate:
      return "";
    case Kind::kDelete:
      return object.value("/metadata/deletionTimestamp"_json_pointer, "").empty()
                 ? "it is not being deleted"
                 : "it is terminating";
    case Kind::kPhase:
      return "its phase is " + Joined(Json{{"a", status.value("phase", "unknown")},
                                           {"b", status.value("reason", "")},
                                           {"c", status.value("message", "")}},
                                      {"a", "b", "c"});
    case Kind::kPath: {
      const Json* found = path_->First(object);
      return found == nullptr ? "there is no value yet" : "the value is " + ValueText(*found);
    }
    case Kind::kCondition:
      break;
  }
  const Json* condition = FindCondition(object, name_);
  if (condition == nullptr) return "there is no condition " + name_ + " yet";
  if (Outdated(*condition, object)) return name_ + " is about an earlier generation";
  return name_ + " is " + Joined(*condition, {"status", "reason", "message"});
}

}  // namespace osbx::ctl
