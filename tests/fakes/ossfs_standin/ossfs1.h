// SPDX-License-Identifier: Apache-2.0
// ossfs 1.0: `ossfs bucket[:/path] mountpoint [-o option[,option…]]…`. Checks in the foreground,
// one line on stderr and exit code 1 for whatever goes wrong.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace osbx::fakes {

struct Ossfs1Arguments {
  std::vector<std::string> positional;
  std::map<std::string, std::string> options;  // the last one wins
  std::vector<std::string> option_order;       // names, as given
  bool foreground = false;
  std::string first_unknown;  // found out by libfuse, that is after the bucket was checked
};

// What `name` (or `name=`) means to ossfs 1.0.
enum class OptionKind { kUnknown, kPassed, kOwn };
OptionKind KindOfOption(const std::string& name);

Ossfs1Arguments ParseOssfs1(const std::vector<std::string>& arguments);
int RunOssfs1(const std::vector<std::string>& arguments);  // without argv[0]

}  // namespace osbx::fakes
