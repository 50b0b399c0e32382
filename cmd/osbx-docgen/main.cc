// SPDX-License-Identifier: Apache-2.0
// osbx-docgen ROOT DIRECTORY: writes the generated pages of docs/ into DIRECTORY, from the tables
// in this program and the sources below ROOT. Used by hack/gen.
#include <cstdio>
#include <fstream>

#include "pages.h"

namespace {

bool Write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (!file) std::fprintf(stderr, "error: cannot write %s\n", path.c_str());
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace osbx::docgen;  // NOLINT(google-build-using-namespace): its only user
  if (argc != 3) {
    std::fprintf(stderr, "usage: osbx-docgen ROOT DIRECTORY\n");
    return 2;
  }
  const std::string root = argv[1];
  const std::string directory = argv[2];
  const auto wrong = WrongWords(root);
  for (const std::string& line : wrong) std::fprintf(stderr, "error: %s\n", line.c_str());
  const bool written = Write(directory + "/api.md", ApiPage()) &&
                       Write(directory + "/errors.md", ErrorsPage(root)) &&
                       Write(directory + "/settings.md", SettingsPage()) &&
                       Write(directory + "/osbxctl.md", VerbsPage());
  return written && wrong.empty() ? 0 : 1;
}
