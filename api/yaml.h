// SPDX-License-Identifier: Apache-2.0
// YAML and JSON texts to JSON values, as kubectl reads manifests (sigs.k8s.io/yaml, measured):
// plain scalars become null, bool (also yes/no/on/off/y/n), int (also 0x1f, 0o17, 017, 1_000) or
// float, whole floats become ints, quoted ones, times and the rest strings. Anchors and merge keys
// are resolved within bounds; duplicate keys are reported. Errors do not repeat the text, which may
// hold secrets. Pure.
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

// All non-empty documents of a stream, a JSON text included. Errors: kInvalid
// "FILE:LINE:COLUMN: …".
Result<std::vector<YamlDocument>> ParseYaml(std::string_view text, std::string_view file);

// One strict JSON text (an HTTP body). Errors: kInvalid "LINE:COLUMN: …".
Result<YamlDocument> ParseJson(std::string_view text);

// Block-style YAML as kubectl -o yaml prints it; ParseYaml gives the same value back.
std::string ToYaml(const Json& value);

}  // namespace osbx::api
