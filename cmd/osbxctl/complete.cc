// SPDX-License-Identifier: Apache-2.0
#include "complete.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "api/schema.h"
#include "resources.h"

namespace osbx::ctl {
namespace {

constexpr int kPatienceSeconds = 2;  // a key press is not worth a longer wait

bool Named(const api::Kind& kind, const std::string& word) {
  return word == kind.plural || word == kind.singular ||
         std::ranges::find(kind.short_names, word) != kind.short_names.end();
}

const api::Kind* KindOf(const std::string& word) {
  for (const api::Kind& kind : api::AllKinds()) {
    if (Named(kind, word)) return &kind;
  }
  return nullptr;
}

// What was typed so far: the verb, its positional words, and the option that the last word is for.
struct Situation {
  const CLI::App* verb = nullptr;
  std::vector<std::string> positionals;
  const CLI::Option* pending = nullptr;
  bool after_dashes = false;  // behind "--"
};

const CLI::Option* FindOption(const CLI::App& app, const CLI::App* verb, const std::string& word) {
  const CLI::Option* found = verb == nullptr ? nullptr : verb->get_option_no_throw(word);
  return found != nullptr ? found : app.get_option_no_throw(word);
}

Situation Look(const CLI::App& app, const std::vector<std::string>& words) {
  Situation out;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (std::exchange(out.pending, nullptr) != nullptr) continue;
    if (word == "--") {
      out.after_dashes = true;
    } else if (word.size() > 1 && word.front() == '-' && !out.after_dashes) {
      const CLI::Option* option = FindOption(app, out.verb, word);
      if (option != nullptr && option->get_items_expected_max() > 0) out.pending = option;
    } else if (out.verb == nullptr) {
      for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
        if (verb->get_name() == word) out.verb = verb;
      }
    } else {
      out.positionals.push_back(word);
    }
  }
  return out;
}

void AppendOptions(const CLI::App& app, std::vector<Candidate>& out) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames())
      out.push_back({"--" + name, option->get_description()});
  }
}

// Values of options that have few.
std::vector<Candidate> ValuesOf(const CLI::Option& option, const NamesOf& names_of) {
  struct Row {
    std::string_view option;
    std::vector<const char*> values;
  };
  static const std::array rows{
      Row{"output", {"wide", "yaml", "json", "name", "custom-columns=", "jsonpath="}},
      Row{"dry-run", {"none", "server", "client"}},
      Row{"cascade", {"background", "foreground", "orphan"}},
      Row{"types", {"Normal", "Warning"}},
      Row{"for", {"condition=Ready", "phase=Running", "delete", "create", "jsonpath="}},
  };
  std::vector<Candidate> out;
  const std::string name = option.get_lnames().empty() ? "" : option.get_lnames().front();
  if (name == "namespace") {
    for (std::string& ns : names_of("namespaces")) out.push_back({std::move(ns), ""});
  }
  for (const Row& row : rows) {
    if (row.option != name) continue;
    for (const char* value : row.values) out.push_back({value, ""});
  }
  return out;
}

// TYPE, or TYPE/NAME once the slash is there.
std::vector<Candidate> Types(const std::string& last, const NamesOf& names_of) {
  std::vector<Candidate> out;
  if (const auto slash = last.find('/'); slash != std::string::npos) {
    const std::string type = last.substr(0, slash);
    const api::Kind* kind = KindOf(type);
    if (kind == nullptr) return out;
    for (std::string& name : names_of(kind->plural))
      out.push_back({std::string(type).append("/").append(name), ""});
    return out;
  }
  const auto comma = last.rfind(',');
  const std::string before = comma == std::string::npos ? "" : last.substr(0, comma + 1);
  for (const api::Kind& kind : api::AllKinds())
    out.push_back({before + kind.plural, kind.description});
  return out;
}

// KIND, then KIND.field.field along the schema.
std::vector<Candidate> Fields(const std::string& last) {
  std::vector<Candidate> out;
  const auto dot = last.rfind('.');
  if (dot == std::string::npos) {
    for (const api::Kind& kind : api::AllKinds()) out.push_back({kind.singular, kind.description});
    return out;
  }
  const std::string before = last.substr(0, dot);
  const auto first = before.find('.');
  const api::Kind* kind = KindOf(before.substr(0, first));
  const api::Schema* schema = kind == nullptr ? nullptr : kind->schema.get();
  std::string rest = first == std::string::npos ? "" : before.substr(first + 1);
  while (schema != nullptr && !rest.empty()) {
    const auto next = rest.find('.');
    schema = schema->Find(rest.substr(0, next));
    while (schema != nullptr && schema->items != nullptr) schema = schema->items.get();
    rest = next == std::string::npos ? "" : rest.substr(next + 1);
  }
  if (schema == nullptr) return out;
  for (const api::Property& property : schema->properties)
    out.push_back(
        {std::string(before).append(".").append(property.name), property.schema->description});
  return out;
}

std::vector<Candidate> Positional(const Situation& now, const std::string& last,
                                  const NamesOf& names_of) {
  std::vector<Candidate> out;
  const std::string verb = now.verb->get_name();
  const auto sandboxes = [&] {
    for (std::string& name : names_of("sandboxes")) out.push_back({std::move(name), ""});
  };
  if (verb == "completion" && now.positionals.empty()) {
    for (const char* shell : {"bash", "zsh", "fish"}) out.push_back({shell, ""});
  } else if (verb == "explain" && now.positionals.empty()) {
    return Fields(last);
  } else if ((verb == "logs" || verb == "exec") && now.positionals.empty()) {
    sandboxes();
  } else if (verb == "top") {
    if (now.positionals.empty()) return {{"sandboxes", "CPU and memory of sandboxes"}};
    sandboxes();
  } else if (verb == "get" || verb == "describe" || verb == "delete" || verb == "wait") {
    if (now.positionals.empty() || now.positionals.front().find('/') != std::string::npos)
      return Types(last, names_of);
    const api::Kind* kind = KindOf(now.positionals.front());
    if (kind == nullptr) return out;
    for (std::string& name : names_of(kind->plural)) out.push_back({std::move(name), ""});
  }
  return out;
}

std::vector<Candidate> All(const CLI::App& app, const Situation& now, const std::string& last,
                           const NamesOf& names_of) {
  std::vector<Candidate> out;
  if (now.after_dashes) return out;
  if (now.pending != nullptr) return ValuesOf(*now.pending, names_of);
  if (last.starts_with('-')) {
    const auto equal = last.find('=');
    if (equal != std::string::npos) {
      const CLI::Option* option = FindOption(app, now.verb, last.substr(0, equal));
      if (option == nullptr) return out;
      for (Candidate& value : ValuesOf(*option, names_of))
        out.push_back({last.substr(0, equal + 1) + value.text, value.about});
      return out;
    }
    if (now.verb != nullptr) AppendOptions(*now.verb, out);
    AppendOptions(app, out);
    return out;
  }
  if (now.verb != nullptr) return Positional(now, last, names_of);
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
    out.push_back({verb->get_name(), verb->get_description()});
  return out;
}

}  // namespace

std::vector<Candidate> Complete(const CLI::App& app, const std::vector<std::string>& words,
                                const NamesOf& names_of) {
  const std::string last = words.empty() ? "" : words.back();
  std::vector<Candidate> all = All(app, Look(app, words), last, names_of);
  std::vector<Candidate> out;
  for (Candidate& candidate : all) {
    if (!candidate.text.starts_with(last)) continue;
    if (std::ranges::find(out, candidate.text, &Candidate::text) != out.end()) continue;
    out.push_back(std::move(candidate));
  }
  return out;
}

int PrintCandidates(const CLI::App& app, const std::vector<std::string>& words,
                    GlobalOptions& options, Context& context) {
  // The server and namespace typed so far count; nothing else is parsed.
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == "-n" || words[i] == "--namespace") options.ns = words[i + 1];
    if (words[i] == "-s" || words[i] == "--server") options.server = words[i + 1];
  }
  options.timeout_seconds = kPatienceSeconds;
  const NamesOf names_of = [&context](const std::string& plural) {
    std::vector<std::string> names;
    const api::Kind* kind = api::FindKindByPlural(plural);
    const auto client = context.Client();
    if (kind == nullptr || !client) return names;
    const Resource resource{.group = kind->group,
                            .version = kind->version,
                            .kind = kind->kind,
                            .plural = kind->plural,
                            .singular = kind->singular,
                            .short_names = {},
                            .categories = {},
                            .namespaced = kind->namespaced};
    const auto list = ListObjects(**client, resource, context.Namespace(), "");
    if (!list) return names;  // no server, no names: a shell has no place for an error
    for (const Json& item : (*list)["items"])
      names.push_back(item.value("/metadata/name"_json_pointer, ""));
    return names;
  };
  for (const Candidate& candidate : Complete(app, words, names_of))
    std::printf("%s\t%s\n", candidate.text.c_str(), candidate.about.c_str());
  return kOk;
}

}  // namespace osbx::ctl
