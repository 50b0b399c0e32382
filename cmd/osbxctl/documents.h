// SPDX-License-Identifier: Apache-2.0
// Manifests from files, directories and standard input.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/result.h"

namespace osbx::ctl {

struct Document {
  Json value;
  std::string place;  // "FILE:LINE"
};

// "-" is standard input; of a directory every *.yaml, *.yml and *.json, sorted, with `recursive`
// also of those below it. Every object has apiVersion, kind and metadata.name, as texts. Errors
// name file, line and column.
Result<std::vector<Document>> ReadDocuments(const std::vector<std::string>& paths,
                                            bool recursive = false);

}  // namespace osbx::ctl
