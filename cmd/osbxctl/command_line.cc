// SPDX-License-Identifier: Apache-2.0
#include "command_line.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

#include <CLI/CLI.hpp>

#include "complete.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

constexpr const char* kFooter =
    "Exit codes:\n"
    "  0    done\n"
    "  1    failed: refused by the server, not found, timed out, server out of reach, or a "
    "mistake\n"
    "       on the command line; of diff: there are differences; of doctor: there are findings\n"
    "  2    diff itself failed\n"
    "  N    of exec: the exit code of the command\n"
    "  130  ended by Ctrl-C\n\n"
    "Colours and progress are for terminals only; NO_COLOR=1 turns colours off.\n"
    "Use \"osbxctl VERB --help\" for one verb.";

void AddGlobalOptions(CLI::App& app, GlobalOptions& options) {
  app.add_option("-s,--server", options.server,
                 "Address of osbxd: http(s)://HOST:PORT or unix:///PATH ($OSBX_SERVER; default: "
                 "http://127.0.0.1:8080)")
      ->group("Global options");
  app.add_option("--token", options.token, "API key of osbxd ($OSBX_TOKEN)")
      ->group("Global options");
  app.add_option("--certificate-authority", options.ca_file,
                 "PEM file of the CA that signed osbxd's certificate")
      ->group("Global options");
  app.add_flag("--insecure-skip-tls-verify", options.insecure, "Do not check osbxd's certificate")
      ->group("Global options");
  app.add_option("-n,--namespace", options.ns, "Namespace ($OSBX_NAMESPACE)")
      ->capture_default_str()
      ->group("Global options");
  app.add_option("--request-timeout", options.timeout_seconds, "Seconds to wait for one answer")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str()
      ->group("Global options");
}

std::size_t Edits(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

// A mistake, and where to read about it.
int Mistake(const std::string& what, const CLI::App* verb) {
  std::fprintf(stderr, "error: %s\nSee 'osbxctl %s--help' for usage.\n", what.c_str(),
               verb == nullptr ? "" : (verb->get_name() + " ").c_str());
  return kFailed;
}

int UnknownVerb(const std::string& word) {
  std::fprintf(stderr, "error: unknown command \"%s\" for \"osbxctl\"\n", word.c_str());
  std::vector<std::string> known;
  known.reserve(AllVerbs().size());
  for (const Verb& verb : AllVerbs()) known.emplace_back(verb.name);
  const auto similar = Similar(word, known);
  if (!similar.empty()) std::fprintf(stderr, "\nDid you mean this?\n");
  for (const std::string& name : similar) std::fprintf(stderr, "\t%s\n", name.c_str());
  return kFailed;
}

int OnParseError(const CommandLine& line, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return line.app->exit(error);  // --help, --version
  const auto parsed = line.app->get_subcommands();
  const CLI::App* verb = parsed.empty() ? nullptr : parsed.front();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr && verb != nullptr)
    return Mistake(error.what(), verb);
  for (const std::string& word : line.app->remaining(true)) {
    if (word.starts_with('-')) return Mistake("unknown flag: " + word, verb);
    if (verb == nullptr) return UnknownVerb(word);
    return Mistake("unexpected argument: " + word, verb);
  }
  return Mistake(error.what(), verb);
}

}  // namespace

std::vector<std::string> Similar(const std::string& word, const std::vector<std::string>& known) {
  constexpr std::size_t kMostEdits = 2;
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const std::string& name : known) {
    const std::size_t edits = name.starts_with(word) ? 1 : Edits(word, name);
    if (edits <= kMostEdits) near.emplace_back(edits, name);
  }
  std::ranges::stable_sort(near, {}, [](const auto& pair) { return pair.first; });
  std::vector<std::string> out;
  out.reserve(near.size());
  for (auto& [edits, name] : near) out.push_back(std::move(name));
  return out;
}

CommandLine MakeCommandLine(GlobalOptions& options, Context& context) {
  CommandLine line;
  line.app = std::make_shared<CLI::App>(
      "osbxctl: makes, shows and deletes the sandboxes and volumes of an osbxd", "osbxctl");
  CLI::App& app = *line.app;
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.footer(kFooter);
  app.set_version_flag("--version", "osbxctl " OSBX_VERSION);
  AddGlobalOptions(app, options);
  for (const Verb& verb : AllVerbs()) {
    CLI::App* command = app.add_subcommand(verb.name, verb.summary)->group(verb.group);
    command->footer("Examples:\n" + std::string(verb.examples) +
                    "\n\nUse \"osbxctl --help\" for global options (applies to all verbs).");
    line.verbs.emplace_back(command, verb.declare(*command, context));
  }
  return line;
}

int RunCommandLine(const std::vector<std::string>& words, GlobalOptions& options,
                   Context& context) {
  const CommandLine line = MakeCommandLine(options, context);
  if (!words.empty() && words.front() == kCompleteWord)
    return PrintCandidates(*line.app, {words.begin() + 1, words.end()}, options, context);
  try {
    line.app->parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    return OnParseError(line, error);
  }
  for (const auto& [command, run] : line.verbs) {
    if (command->parsed()) return run();
  }
  std::fputs(line.app->help().c_str(), stdout);
  return kOk;
}

}  // namespace osbx::ctl
