// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "api/schema.h"
#include "api/status_words.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

const api::Kind* FindKind(const std::string& word) {
  for (const api::Kind& kind : api::AllKinds()) {
    const bool named = word == kind.plural || word == kind.singular || word == kind.kind ||
                       std::ranges::find(kind.short_names, word) != kind.short_names.end();
    if (named) return &kind;
  }
  return nullptr;
}

// A reason, condition, event or finding of the doctor; false when it is none.
bool ExplainWord(const std::string& word) {
  bool known = false;
  for (const api::StatusWord& row : api::AllStatusWords()) {
    if (row.word != word) continue;
    known = true;
    std::printf("WORD:     %s\nWHERE:    %s\nMEANING:  %s\n", word.c_str(),
                std::string(row.where).c_str(), std::string(row.meaning).c_str());
  }
  return known;
}

Result<int> Explain(const std::string& what, bool recursive) {
  const std::string word = what.substr(0, what.find('.'));
  const api::Kind* kind = FindKind(word);
  if (kind == nullptr) {
    if (ExplainWord(what)) return kOk;
    return Error(Code::kNotFound, "couldn't find resource for \"" + word + "\"");
  }
  OSBX_TRY(const std::string text, api::Explain(*kind, what, recursive));
  std::fputs(text.c_str(), stdout);
  return kOk;
}

}  // namespace

std::function<int()> DeclareExplain(CLI::App& command, Context& /*context*/) {
  auto what = std::make_shared<std::string>();
  auto recursive = std::make_shared<bool>(false);
  command
      .add_option("what", *what,
                  "KIND[.field…], e.g. sandbox.spec.volumes, or a reason, e.g. ImagePullDenied")
      ->required();
  command.add_flag("--recursive", *recursive, "The whole tree below");
  return [what, recursive] { return Finish(Explain(*what, *recursive)); };
}

}  // namespace osbx::ctl
