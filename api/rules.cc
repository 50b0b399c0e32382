// SPDX-License-Identifier: Apache-2.0
#include "api/v1/rules.h"

#include <array>

#include "api/schema.h"

namespace osbx::api {
namespace {

struct Row {
  std::string_view kind;
  std::vector<Cause> (*rules)(const Json& object, const Json* old_object);
};

// Kinds without rules of their own are not listed.
constexpr std::array<Row, 3> kRows{{
    {"Sandbox", v1::SandboxRules},
    {"Secret", v1::SecretRules},
    {"Volume", v1::VolumeRules},
}};

}  // namespace

std::vector<Cause> ValidateRules(const Kind& kind, const Json& new_value, const Json* old_value) {
  for (const Row& row : kRows) {
    if (row.kind == kind.kind) return row.rules(new_value, old_value);
  }
  return {};
}

}  // namespace osbx::api
