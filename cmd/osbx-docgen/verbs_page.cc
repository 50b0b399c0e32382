// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "cmd/osbxctl/command_line.h"
#include "cmd/osbxctl/verbs.h"
#include "markdown.h"
#include "pages.h"

namespace osbx::docgen {
namespace {

std::string Block(const std::string& text) {
  std::string out = "```text\n" + text;
  while (out.ends_with("\n\n")) out.pop_back();
  return out + (out.ends_with("\n") ? "" : "\n") + "```\n";
}

}  // namespace

std::string VerbsPage() {
  ctl::GlobalOptions options;
  ctl::Context context(options);
  const ctl::CommandLine line = ctl::MakeCommandLine(options, context);
  std::string out = Head("osbxctl",
                         "The help of every verb. Names, short names and habits are kubectl's; "
                         "kubectl itself works, too.");
  out += "\n" + TableHead({"verb", "what it does"});
  for (const ctl::Verb& verb : ctl::AllVerbs())
    out += Row({"[" + std::string(verb.name) + "](#" + verb.name + ")", verb.summary});
  out += "\n" + Block(line.app->help());
  for (const auto& [command, run] : line.verbs)
    out += "\n## " + command->get_name() + "\n\n" + Block(command->help());
  return out;
}

}  // namespace osbx::docgen
