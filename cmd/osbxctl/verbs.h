// SPDX-License-Identifier: Apache-2.0
// The verbs of osbxctl: each declares its options and is run once. A verb is one file and one row
// of kVerbs (verbs.cc).
#pragma once

#include <functional>
#include <span>

#include "context.h"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11 names it
class App;
}

namespace osbx::ctl {

// Adds the options to `command`; the returned function runs the verb and gives the exit code.
using DeclareVerb = std::function<int()> (*)(CLI::App& command, Context& context);

struct Verb {
  const char* name;
  const char* group;  // heading in the help
  const char* summary;
  const char* examples;  // for its own help
  DeclareVerb declare;
};
std::span<const Verb> AllVerbs();

std::function<int()> DeclareApply(CLI::App& command, Context& context);
std::function<int()> DeclareCompletion(CLI::App& command, Context& context);
std::function<int()> DeclareDelete(CLI::App& command, Context& context);
std::function<int()> DeclareDescribe(CLI::App& command, Context& context);
std::function<int()> DeclareDiff(CLI::App& command, Context& context);
std::function<int()> DeclareDoctor(CLI::App& command, Context& context);
std::function<int()> DeclareEvents(CLI::App& command, Context& context);
std::function<int()> DeclareExec(CLI::App& command, Context& context);
std::function<int()> DeclareExplain(CLI::App& command, Context& context);
std::function<int()> DeclareGet(CLI::App& command, Context& context);
std::function<int()> DeclareLogs(CLI::App& command, Context& context);
std::function<int()> DeclareTop(CLI::App& command, Context& context);
std::function<int()> DeclareVersion(CLI::App& command, Context& context);
std::function<int()> DeclareWait(CLI::App& command, Context& context);

}  // namespace osbx::ctl
