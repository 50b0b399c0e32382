// SPDX-License-Identifier: Apache-2.0
// One object as `describe` shows it: what a person looks for first at the top, then conditions,
// what belongs to it, and events. Pure. Values of Secrets are never shown, only their sizes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

namespace osbx::ctl {

struct DescribeInput {
  const Json& object;
  std::map<std::string, Json> mounts;  // by name: those behind the object's volumes
  std::vector<Json> events;            // about the object, and about its mounts
  Time now = {};
  bool colour = false;
};
std::string DescribeText(const DescribeInput& input);

}  // namespace osbx::ctl
