// SPDX-License-Identifier: Apache-2.0
// Completion: the shells' scripts (`osbxctl completion`) only pass the words on to
// `osbxctl __complete WORD…`, which prints candidates, so that there is one place that knows.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "context.h"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11 names it
class App;
}

namespace osbx::ctl {

inline constexpr std::string_view kCompleteWord = "__complete";

struct Candidate {
  std::string text;
  std::string about;  // may be empty
  bool operator==(const Candidate&) const = default;
};

// Names of the objects of a type ("sandboxes", "namespaces", …).
using NamesOf = std::function<std::vector<std::string>(const std::string& plural)>;

// What the last of `words` may become; nothing where a file is meant. Pure but for `names_of`.
std::vector<Candidate> Complete(const CLI::App& app, const std::vector<std::string>& words,
                                const NamesOf& names_of);

// Prints "TEXT<tab>ABOUT" lines, asking the server for names. The exit code.
int PrintCandidates(const CLI::App& app, const std::vector<std::string>& words,
                    GlobalOptions& options, Context& context);

}  // namespace osbx::ctl
