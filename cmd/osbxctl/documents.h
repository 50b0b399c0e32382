// SPDX-License-Identifier: Apache-2.0
// Manifests from files, directories and standard input.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/result.h"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11 names it
class App;
class Option;
}  // namespace CLI

namespace osbx::ctl {

struct Document {
  Json value;
  std::string place;  // "FILE:LINE"
};

// What verbs that read files are told.
struct FileOptions {
  std::vector<std::string> paths;
  bool recursive = false;
};
// Adds -f (may be repeated) and -R. `use` begins the text of -f: "Apply", "Delete".
CLI::Option* AddFileOptions(CLI::App& command, FileOptions& options, const std::string& use);

// "-" is standard input; of a directory every *.yaml, *.yml and *.json, sorted, with `recursive`
// also of those below it. Every object has apiVersion, kind and metadata.name, as texts. Errors
// name file, line and column.
Result<std::vector<Document>> ReadDocuments(const FileOptions& options);

}  // namespace osbx::ctl
