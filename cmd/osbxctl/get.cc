// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "documents.h"
#include "get_watch.h"
#include "printer.h"
#include "terminal.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

constexpr const char* kTableAccept =
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

struct Options {
  std::vector<std::string> words;
  FileOptions files;
  std::string output;
  std::string selector;
  std::string field_selector;
  std::string sort_by;
  std::vector<std::string> label_columns;
  bool all_namespaces = false;
  bool watch = false;
  bool watch_only = false;
  bool watch_events = false;
  bool no_headers = false;
  bool show_labels = false;
  bool show_kind = false;
  bool show_managed_fields = false;
  bool ignore_not_found = false;

  bool Watches() const { return watch || watch_only; }
};

// What is asked of one type: all of it, or these names.
struct Wanted {
  Resource resource;
  std::vector<std::string> names;
};

std::vector<Wanted> ByType(const std::vector<Target>& targets) {
  std::vector<Wanted> out;
  for (const Target& target : targets) {
    auto found = std::ranges::find_if(out, [&target](const Wanted& wanted) {
      return wanted.resource.plural == target.resource.plural &&
             wanted.resource.group == target.resource.group;
    });
    if (found == out.end()) found = out.insert(out.end(), {target.resource, {}});
    if (!target.name.empty()) found->names.push_back(target.name);
  }
  return out;
}

class Getter {
 public:
  Getter(client::RestClient& client, const Options& options, const Printer& printer, std::string ns)
      : client_(client),
        options_(options),
        printer_(printer),
        ns_(options.all_namespaces ? "" : std::move(ns)) {}

  Result<int> Run(const std::vector<Target>& targets) {
    wanted_ = ByType(targets);
    widths_.resize(wanted_.size());
    revisions_.resize(wanted_.size());
    OSBX_CHECK(printer_.IsTable() ? Tables() : Objects());
    std::fflush(stdout);
    if (!options_.Watches()) return kOk;
    return Watch();
  }

 private:
  Result<> Tables() {
    bool any = false;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      OSBX_TRY(const Rows rows, Table(i));
      if (rows.size() <= (options_.no_headers ? 0U : 1U) || options_.watch_only) continue;
      if (any) std::printf("\n");
      Write(rows, i, !options_.no_headers);
      any = true;
    }
    const bool namespaced = std::ranges::any_of(
        wanted_, [](const Wanted& wanted) { return wanted.resource.namespaced; });
    if (any || options_.ignore_not_found || options_.Watches()) return {};
    if (ns_.empty() || !namespaced) {
      std::fprintf(stderr, "No resources found\n");
    } else {
      std::fprintf(stderr, "No resources found in %s namespace.\n", ns_.c_str());
    }
    return {};
  }

  void Write(const Rows& rows, std::size_t type, bool header) {
    std::fputs(
        FormatTable(rows, {.colour = ColourOnOutput(), .header = header, .widths = &widths_[type]})
            .c_str(),
        stdout);
  }

  TableOptions StyleOf(const Resource& resource) const {
    const bool prefixed = wanted_.size() > 1 || options_.show_kind;
    return {.wide = printer_.kind() == Printer::Kind::kWide,
            .with_namespace = options_.all_namespaces && resource.namespaced,
            .header = !options_.no_headers,
            .show_labels = options_.show_labels,
            .label_columns = options_.label_columns,
            .sort_by = options_.sort_by,
            .name_prefix = prefixed ? resource.Display("") : ""};
  }

  // Adds the rows of one answer to those of others of the type; the header once.
  Result<Rows> Table(std::size_t type) {
    const Wanted& wanted = wanted_[type];
    std::vector<std::string> names = wanted.names;
    if (names.empty()) names.emplace_back();
    Json whole;
    for (const std::string& name : names) {
      const std::string query = SelectorQuery(options_.selector, options_.field_selector);
      std::string path = wanted.resource.Path(ns_, name) +
                         "?includeObject=" + (options_.sort_by.empty() ? "Metadata" : "Object");
      if (!query.empty()) path += "&" + query;
      auto table = client_.DoJson({.path = path, .accept = kTableAccept});
      if (!table && options_.ignore_not_found && table.error().code() == Code::kNotFound) continue;
      if (!table) return std::move(table).error();
      revisions_[type] = table->value("/metadata/resourceVersion"_json_pointer, "");
      if (whole.is_null()) {
        whole = std::move(*table);
      } else {
        for (Json& row : (*table)["rows"]) whole["rows"].push_back(std::move(row));
      }
    }
    if (whole.is_null()) return Rows{};
    return RowsOfTable(whole, EventStyle(StyleOf(wanted.resource), whole, "ADDED"));
  }

  // --output-watch-events puts the kind of event into a column of its own.
  TableOptions EventStyle(TableOptions style, Json& table, std::string_view event) const {
    if (!options_.watch_events) return style;
    if (table.contains("columnDefinitions") && table["columnDefinitions"].is_array()) {
      Json columns = Json::array({Json{{"name", "Event"}, {"type", "string"}}});
      for (Json& column : table["columnDefinitions"]) columns.push_back(std::move(column));
      table["columnDefinitions"] = std::move(columns);
    }
    for (Json& row : table["rows"]) row["cells"].insert(row["cells"].begin(), std::string(event));
    return style;
  }

  Result<> Objects() {
    Json list = Json::array();
    bool one = wanted_.size() == 1 && wanted_.front().names.size() == 1;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      OSBX_CHECK(Fetch(i, list));
    }
    if (options_.watch_only) return {};
    if (one && list.empty()) return {};
    if (one || options_.Watches()) {
      for (const Json& object : list) PrintOne(object);
      return {};
    }
    if (!options_.sort_by.empty()) {
      OSBX_TRY(list, Sorted(list));
    }
    const Json whole{{"apiVersion", "v1"},
                     {"kind", "List"},
                     {"metadata", {{"resourceVersion", ""}}},
                     {"items", std::move(list)}};
    std::fputs(printer_.Print(whole, !options_.no_headers).c_str(), stdout);
    return {};
  }

  Result<Json> Sorted(const Json& list) const {
    OSBX_TRY(const api::JsonPath path, ParsePath(options_.sort_by));
    std::vector<const Json*> objects;
    for (const Json& object : list) objects.push_back(&object);
    Json out = Json::array();
    for (const std::size_t i : OrderBy(path, objects)) out.push_back(list[i]);
    return out;
  }

  Result<> Fetch(std::size_t type, Json& list) {
    const Wanted& wanted = wanted_[type];
    if (wanted.names.empty()) {
      OSBX_TRY(Json answer, ListObjects(client_, wanted.resource, ns_,
                                        SelectorQuery(options_.selector, options_.field_selector)));
      revisions_[type] = answer.value("/metadata/resourceVersion"_json_pointer, "");
      Hide(answer);
      for (Json& item : answer["items"]) list.push_back(std::move(item));
      return {};
    }
    for (const std::string& name : wanted.names) {
      auto answer = client_.DoJson({.path = wanted.resource.Path(ns_, name)});
      if (!answer && options_.ignore_not_found && answer.error().code() == Code::kNotFound)
        continue;
      if (!answer) return std::move(answer).error();
      revisions_[type] = answer->value("/metadata/resourceVersion"_json_pointer, "");
      Hide(*answer);
      list.push_back(std::move(*answer));
    }
    return {};
  }

  void Hide(Json& whole) const {
    if (!options_.show_managed_fields) HideManagedFields(whole);
  }

  void PrintOne(const Json& object) {
    if (printer_.kind() == Printer::Kind::kYaml && printed_++ > 0) std::printf("---\n");
    std::fputs(printer_.Print(object, !options_.no_headers && !header_printed_).c_str(), stdout);
    header_printed_ = true;
  }

  Result<int> Watch() {
    std::vector<WatchedType> types;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      const Wanted& wanted = wanted_[i];
      std::string fields = options_.field_selector;
      if (wanted.names.size() == 1)
        fields += (fields.empty() ? "" : ",") + ("metadata.name=" + wanted.names.front());
      types.push_back(
          {.resource = wanted.resource,
           .query = SelectorQuery(options_.selector, fields),
           .revision = revisions_[i],
           .on_event = [this, i, columns = Json()](std::string_view type, Json& object) mutable {
             Show(i, type, object, columns);
             std::fflush(stdout);
           }});
    }
    OSBX_CHECK(WatchTypes(client_, ns_, printer_.IsTable() ? kTableAccept : "application/json",
                          std::move(types)));
    return kOk;
  }

  // Only the first table of a watch has columns; later ones mean the same.
  void Show(std::size_t type, std::string_view event, Json& object, Json& columns) {
    const Wanted& wanted = wanted_[type];
    const bool table = printer_.IsTable();
    const std::string name = table ? object.value("/rows/0/object/metadata/name"_json_pointer, "")
                                   : object.value("/metadata/name"_json_pointer, "");
    if (!wanted.names.empty() && std::ranges::find(wanted.names, name) == wanted.names.end())
      return;
    if (!table) {
      Hide(object);
      PrintOne(object);
      return;
    }
    const Json::json_pointer place("/columnDefinitions/0");
    if (object.contains(place)) columns = object["columnDefinitions"];
    object["columnDefinitions"] = columns;
    TableOptions style = EventStyle(StyleOf(wanted.resource), object, event);
    style.header = false;
    style.sort_by.clear();
    const auto rows = RowsOfTable(object, style);
    if (rows) Write(*rows, type, false);
  }

  client::RestClient& client_;
  const Options& options_;
  const Printer& printer_;
  const std::string ns_;
  std::vector<Wanted> wanted_;
  std::vector<std::vector<std::size_t>> widths_;  // of each type's table
  std::vector<std::string> revisions_;            // where each type's watch begins
  int printed_ = 0;
  bool header_printed_ = false;
};

// What the files name, each in its own namespace or the one of the command line.
Result<std::vector<Target>> TargetsOf(const Options& options, const std::vector<Resource>& all) {
  if (options.files.paths.empty()) return ParseTargets(all, options.words);
  if (!options.words.empty())
    return Error(Code::kInvalid, "when files are given, types and names may not be given too");
  OSBX_TRY(const std::vector<Document> documents, ReadDocuments(options.files));
  std::vector<Target> targets;
  for (const Document& document : documents) {
    const Resource* resource =
        FindByKind(all, document.value.value("apiVersion", ""), document.value.value("kind", ""));
    if (resource == nullptr)
      return Error(Code::kInvalid, document.place + ": the server does not know this kind");
    targets.push_back({*resource, document.value.value("/metadata/name"_json_pointer, "")});
  }
  return targets;
}

Result<int> Get(Context& context, const Options& options) {
  OSBX_TRY(const Printer printer, Printer::Parse(options.output));
  if (!options.sort_by.empty()) {
    OSBX_CHECK(ParsePath(options.sort_by));
  }
  OSBX_TRY(client::RestClient * client, context.Client());
  OSBX_TRY(const std::vector<Resource> all, Discover(*client));
  OSBX_TRY(const std::vector<Target> targets, TargetsOf(options, all));
  const bool named =
      std::ranges::any_of(targets, [](const Target& target) { return !target.name.empty(); });
  if (named && (!options.selector.empty() || !options.field_selector.empty()))
    return Error(Code::kInvalid, "names cannot be provided when a selector is specified");
  if (named && options.all_namespaces) {
    return Error(Code::kInvalid, "a resource cannot be retrieved by name across all namespaces");
  }
  return Getter(*client, options, printer, context.Namespace()).Run(targets);
}

void DeclareTableOptions(CLI::App& command, Options& options) {
  command.add_option("--sort-by", options.sort_by, "Sort by this path, e.g. .metadata.name");
  command.add_flag("--no-headers", options.no_headers, "No header line");
  command.add_flag("--show-labels", options.show_labels, "Labels as the last column");
  command
      .add_option("-L,--label-columns", options.label_columns, "A column for each of these labels")
      ->delimiter(',');
  command.add_flag("--show-kind", options.show_kind, "Names with their type in front");
  command.add_flag("--show-managed-fields", options.show_managed_fields,
                   "metadata.managedFields too, in yaml and json");
}

}  // namespace

std::function<int()> DeclareGet(CLI::App& command, Context& context) {
  auto options = std::make_shared<Options>();
  command.add_option("what", options->words, "TYPE[,TYPE…] [NAME…] or TYPE/NAME…");
  AddFileOptions(command, options->files, "Show");
  command.add_option("-o,--output", options->output, kOutputHelp);
  command.add_option("-l,--selector", options->selector, "Label selector, e.g. app=web,tier!=db");
  command.add_option("--field-selector", options->field_selector,
                     "Field selector, e.g. status.phase=Running");
  command.add_flag("-A,--all-namespaces", options->all_namespaces, "All namespaces");
  command.add_flag("-w,--watch", options->watch,
                   "Go on printing what changes, of several types too, until Ctrl-C");
  command.add_flag("--watch-only", options->watch_only, "Only what changes from now on");
  command.add_flag("--output-watch-events", options->watch_events,
                   "With a watch: ADDED, MODIFIED or DELETED as the first column");
  command.add_flag("--ignore-not-found", options->ignore_not_found, "Missing objects are no error");
  DeclareTableOptions(command, *options);
  return [options, &context] { return Finish(Get(context, *options)); };
}

}  // namespace osbx::ctl
