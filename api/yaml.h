// SPDX-License-Identifier: Apache-2.0
// YAML 1.2 core schema to JSON, as kubectl reads manifests: plain scalars become
// null/bool/int/float, quoted ones and the rest strings; anchors and merge keys are resolved within
// bounds; duplicate keys are reported. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace osbx::api {

struct YamlDocument {
  JsonPtr value;
  int line = 1;                               // where the document begins, from 1
  std::vector<std::string> duplicate_fields;  // "spec.size"; the last value won
};

// All non-empty documents of a stream, a JSON text included. Errors: kInvalid "FILE:LINE:COLUMN:
// …".
Result<std::vector<YamlDocument>> ParseYaml(std::string_view text, std::string_view file);

// Block-style YAML as kubectl -o yaml prints it.
std::string ToYaml(const Json& value);

}  // namespace osbx::api
