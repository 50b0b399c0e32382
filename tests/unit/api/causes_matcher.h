// SPDX-License-Identifier: Apache-2.0
// Causes as lines of text, so that a table of expectations reads like an error message.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace osbx::api {

// "FieldValueRequired spec.image: Required value"
inline std::vector<std::string> Lines(const std::vector<Cause>& causes) {
  std::vector<std::string> lines;
  for (const Cause& cause : causes) {
    lines.push_back(cause.reason + " " + cause.field + ": " + cause.message);
  }
  return lines;
}

// "FieldValueRequired spec.image"
inline std::vector<std::string> Places(const std::vector<Cause>& causes) {
  std::vector<std::string> places;
  for (const Cause& cause : causes) places.push_back(cause.reason + " " + cause.field);
  return places;
}

}  // namespace osbx::api
