// SPDX-License-Identifier: Apache-2.0
// osbx-schemagen OUTPUT_DIR FILE.schema.yaml…
// Writes OUTPUT_DIR/<kind>.h and .cc for each file and OUTPUT_DIR/embedded_schemas.cc for all of
// them. A file whose text would not change is left alone, so that nothing is rebuilt in vain.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "api/schemagen/model.h"

namespace osbx::schemagen {
namespace {

void WriteIfChanged(const std::filesystem::path& path, const std::string& text) {
  std::ifstream old(path, std::ios::binary);
  std::stringstream present;
  present << old.rdbuf();
  if (old && present.str() == text) return;
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw SchemaError("cannot write " + path.string());
}

SchemaFile Load(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  try {
    return BuildModel(name.substr(0, name.find('.')), LoadYaml(path.string()));
  } catch (const std::exception& error) {
    throw SchemaError(path.string() + ": " + error.what());
  }
}

void Run(const std::filesystem::path& output, const std::vector<std::filesystem::path>& inputs) {
  std::vector<SchemaFile> files;
  for (const auto& input : inputs) files.push_back(Load(input));
  std::filesystem::create_directories(output);
  for (const SchemaFile& file : files) {
    if (file.hand_written) continue;
    WriteIfChanged(output / (file.stem + ".h"), EmitHeader(file));
    WriteIfChanged(output / (file.stem + ".cc"), EmitSource(file));
  }
  WriteIfChanged(output / "embedded_schemas.cc", EmitEmbedded(files));
}

}  // namespace
}  // namespace osbx::schemagen

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: osbx-schemagen OUTPUT_DIR FILE.schema.yaml...\n");
    return 2;
  }
  try {
    osbx::schemagen::Run(argv[1], {argv + 2, argv + argc});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "osbx-schemagen: %s\n", error.what());
    return 1;
  }
}
