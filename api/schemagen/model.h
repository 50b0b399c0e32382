// SPDX-License-Identifier: Apache-2.0
// The schema files as the generator sees them: the document itself (ordered JSON) and, derived from
// it, the C++ structs in the order in which they must be declared. Plain values; one thread.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace osbx::schemagen {

using Document = nlohmann::ordered_json;  // keeps the order of the file

// A mistake in a schema file; main() prints it as "FILE: PATH: what".
class SchemaError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Field {
  std::string json_name;
  std::string cpp_name;
  std::string type;         // C++ type
  std::string init;         // default member initialiser, "" for {}
  std::string description;  // one line
  std::string read;         // name of the codec function that reads it
  std::string write;        // name of the codec function that writes it, "" = never written
};

struct Constant {
  std::string name;   // kSandboxPhaseRunning
  std::string value;  // Running
};

struct Struct {
  std::string name;
  std::string description;
  std::vector<Field> fields;
  std::vector<Constant> constants;
};

struct SchemaFile {
  std::string stem;  // "sandbox"
  Document document;
  bool is_kind = false;  // else a collection of shared structs
  bool hand_written = false;
  std::vector<Struct> structs;     // innermost first
  std::vector<Field> kind_fields;  // top-level fields beside metadata
  bool uses_common = false;
};

// Reads a YAML file; throws SchemaError with the place.
Document LoadYaml(const std::string& path);

// Checks the document and derives the structs. Throws SchemaError.
SchemaFile BuildModel(std::string stem, Document document);

std::string EmitHeader(const SchemaFile& file);
std::string EmitSource(const SchemaFile& file);
std::string EmitEmbedded(const std::vector<SchemaFile>& files);

}  // namespace osbx::schemagen
