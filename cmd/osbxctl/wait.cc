// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "documents.h"
#include "follow.h"
#include "terminal.h"
#include "verbs.h"
#include "wait_goal.h"

namespace osbx::ctl {
namespace {

// kubectl's meaning of a negative --timeout.
constexpr std::chrono::hours kWeek{24 * 7};

struct Options {
  std::vector<std::string> words;
  FileOptions files;
  std::string what;  // --for
  std::string selector;
  std::string field_selector;
  bool all = false;
  bool all_namespaces = false;
  std::string timeout = "30s";
};

Result<> AppendFiles(const Options& options, const std::vector<Resource>& all,
                     const std::string& ns, std::vector<Followed>& out) {
  OSBX_TRY(const std::vector<Document> documents, ReadDocuments(options.files));
  for (const Document& document : documents) {
    const Resource* resource =
        FindByKind(all, document.value.value("apiVersion", ""), document.value.value("kind", ""));
    if (resource == nullptr)
      return Error(Code::kInvalid, document.place + ": the server does not know this kind");
    out.push_back({*resource, document.value.value("/metadata/namespace"_json_pointer, ns),
                   document.value.value("/metadata/name"_json_pointer, "")});
  }
  return {};
}

Result<std::vector<Followed>> Choose(client::RestClient& client, const Options& options,
                                     const std::string& ns) {
  OSBX_TRY(const std::vector<Resource> all, Discover(client));
  std::vector<Followed> out;
  if (!options.files.paths.empty()) {
    OSBX_CHECK(AppendFiles(options, all, ns, out));
    return out;
  }
  OSBX_TRY(const std::vector<Target> targets, ParseTargets(all, options.words));
  for (const Target& target : targets) {
    if (!target.name.empty()) {
      out.push_back({target.resource, ns, target.name});
      continue;
    }
    if (!options.all && options.selector.empty() && options.field_selector.empty()) {
      return Error(
          Code::kInvalid,
          "resource(s) were provided, but no name was specified: name what to wait for, or "
          "use -l, --field-selector or --all");
    }
    OSBX_TRY(const Json list, ListObjects(client, target.resource, options.all_namespaces ? "" : ns,
                                          SelectorQuery(options.selector, options.field_selector)));
    for (const Json& item : list["items"])
      out.push_back({target.resource, item.value("/metadata/namespace"_json_pointer, ns),
                     item.value("/metadata/name"_json_pointer, "")});
  }
  return out;
}

Error TimedOut(const Goal& goal, const Followed& what, const std::string& note) {
  const std::string shown = what.resource.QualifiedPlural() + "/" + what.name;
  return {Code::kDeadlineExceeded,
          "timed out waiting for " +
              std::string(goal.kind() == Goal::Kind::kDelete ? "the deletion of "
                                                             : "the condition on ") +
              shown + (note.empty() ? "" : ": " + note)};
}

// Waits for one object; the error is not found, time-out, or the server's.
Result<> WaitFor(client::RestClient& client, const Followed& what, const Goal& goal,
                 const Deadline& deadline) {
  const std::string shown = what.resource.Display(what.name);
  std::string note;
  bool missing = false;
  {
    Progress progress;
    const auto done = [&](const Json* object) {
      if (object == nullptr) {
        missing = goal.kind() != Goal::Kind::kDelete && goal.kind() != Goal::Kind::kCreate;
        note = "it does not exist";
        progress.Say(shown + ": " + note);
        return goal.kind() != Goal::Kind::kCreate;
      }
      if (goal.Reached(*object)) return true;
      note = goal.Note(*object);
      progress.Say(shown + ": " + note);
      return false;
    };
    const Result<> followed = Follow(client, what, deadline, done);
    if (!followed && followed.error().code() == Code::kDeadlineExceeded)
      return TimedOut(goal, what, note);
    OSBX_CHECK(followed);
  }
  if (missing) {  // the server words it best
    OSBX_CHECK(client.DoJson({.path = what.resource.Path(what.ns, what.name)}));
  }
  const char* result = goal.kind() == Goal::Kind::kDelete   ? "deleted"
                       : goal.kind() == Goal::Kind::kCreate ? "created"
                                                            : "condition met";
  std::printf("%s %s\n", shown.c_str(), result);
  std::fflush(stdout);
  return {};
}

Result<int> Wait(Context& context, const Options& options) {
  OSBX_TRY(const Goal goal, Goal::Parse(options.what));
  OSBX_TRY(const std::chrono::milliseconds timeout, ParseDuration(options.timeout));
  OSBX_TRY(client::RestClient * client, context.Client());
  const Deadline deadline = std::chrono::steady_clock::now() +
                            (timeout.count() < 0 ? std::chrono::milliseconds(kWeek) : timeout);
  OSBX_TRY(const std::vector<Followed> chosen, Choose(*client, options, context.Namespace()));
  if (chosen.empty()) return Error(Code::kNotFound, "no matching resources found");
  int code = kOk;
  for (const Followed& what : chosen) {
    const Result<> waited = WaitFor(*client, what, goal, deadline);
    if (!waited) code = Fail(waited.error());
  }
  return code;
}

}  // namespace

std::function<int()> DeclareWait(CLI::App& command, Context& context) {
  auto options = std::make_shared<Options>();
  command.add_option("what", options->words, "TYPE/NAME…, TYPE NAME…, or TYPE with -l or --all");
  AddFileOptions(command, options->files, "Wait for");
  command
      .add_option("--for", options->what,
                  "condition=NAME[=VALUE], phase=VALUE, jsonpath=PATH[=VALUE], create or delete")
      ->required();
  command.add_option("-l,--selector", options->selector, "Label selector");
  command.add_option("--field-selector", options->field_selector, "Field selector");
  command.add_flag("--all", options->all, "All of the type in the namespace");
  command.add_flag("-A,--all-namespaces", options->all_namespaces, "All namespaces");
  command
      .add_option("--timeout", options->timeout,
                  "How long to wait in all: 90s, 5m, 1h; 0: look once; below 0: a week")
      ->capture_default_str();
  return [options, &context] { return Finish(Wait(context, *options)); };
}

}  // namespace osbx::ctl
