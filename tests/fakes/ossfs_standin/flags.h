// SPDX-License-Identifier: Apache-2.0
// ossfs2's options as gflags reads them: strictly on the command line, leniently in a flagfile
// (unknown names are ignored, a line without a leading "-" is a program filter that turns off all
// that follows).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace osbx::fakes {

struct FlagSet {
  std::map<std::string, std::string> values;  // only those that were set
  std::string error;                          // "ERROR: …", the first one

  bool Has(const std::string& name) const { return values.contains(name); }
  std::string Text(const std::string& name, const std::string& otherwise = "") const;
  bool Flag(const std::string& name, bool otherwise) const;
  long Number(const std::string& name, long otherwise) const;
};

// One command-line argument that begins with "-"; returns whether it took `next` as its value.
bool AddArgument(const std::string& argument, const std::string* next, FlagSet& flags);
// A flagfile; what is set already (by the command line) stays.
void AddFlagFile(const std::string& text, FlagSet& flags);

std::string FlagHelp();

}  // namespace osbx::fakes
