// SPDX-License-Identifier: Apache-2.0
// The command line as a whole: global options, the verbs, help, and mistakes worded as kubectl
// words them. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "context.h"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11 names it
class App;
}

namespace osbx::ctl {

struct CommandLine {
  std::shared_ptr<CLI::App> app;
  std::vector<std::pair<CLI::App*, std::function<int()>>> verbs;
};
// Both arguments outlive the result.
CommandLine MakeCommandLine(GlobalOptions& options, Context& context);

// Parses and runs; the exit code. `words` without the program's name.
int RunCommandLine(const std::vector<std::string>& words, GlobalOptions& options, Context& context);

// What a person who mistyped probably meant: words within two edits, nearest first.
std::vector<std::string> Similar(const std::string& word, const std::vector<std::string>& known);

}  // namespace osbx::ctl
