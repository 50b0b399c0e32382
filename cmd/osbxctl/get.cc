// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <sstream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "api/json_path.h"
#include "api/yaml.h"
#include "resources.h"
#include "table.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

constexpr const char* kTableAccept =
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

struct Options {
  std::vector<std::string> words;
  std::string output;
  std::string selector;
  std::string field_selector;
  bool all_namespaces = false;
  bool watch = false;
  bool no_headers = false;
  bool ignore_not_found = false;
};

std::string QueryOf(const Options& options) {
  std::string query;
  const auto add = [&query](const char* name, const std::string& value) {
    if (value.empty()) return;
    query += (query.empty() ? "?" : "&") + std::string(name) + "=" + client::UrlEncode(value);
  };
  add("labelSelector", options.selector);
  add("fieldSelector", options.field_selector);
  return query;
}

void HideManagedFields(Json& object) {
  if (object.contains("metadata")) object["metadata"].erase("managedFields");
  if (!object.contains("items")) return;
  for (Json& item : object["items"]) item["metadata"].erase("managedFields");
}

// NAME:.path pairs of custom-columns.
Result<Rows> CustomColumns(const std::string& spec, const std::vector<Json>& objects, bool header) {
  std::vector<std::pair<std::string, api::JsonPath>> columns;
  std::stringstream words(spec);
  for (std::string word; std::getline(words, word, ',');) {
    const auto colon = word.find(':');
    if (colon == std::string::npos)
      return Error(Code::kInvalid, "custom-columns: expected NAME:.path, got \"" + word + "\"");
    OSBX_TRY(api::JsonPath path, api::JsonPath::Parse(word.substr(colon + 1)));
    columns.emplace_back(word.substr(0, colon), std::move(path));
  }
  Rows rows;
  if (header) {
    rows.emplace_back();
    for (const auto& [name, path] : columns) rows.back().push_back(name);
  }
  for (const Json& object : objects) {
    rows.emplace_back();
    for (const auto& [name, path] : columns) {
      std::string cell;
      for (const Json* value : path.Find(object)) {
        cell += (cell.empty() ? "" : ",") +
                (value->is_string() ? value->get<std::string>() : value->dump());
      }
      rows.back().push_back(cell.empty() ? "<none>" : cell);
    }
  }
  return rows;
}

class Getter {
 public:
  Getter(client::RestClient& client, const Options& options, std::string ns)
      : client_(client), options_(options), ns_(options.all_namespaces ? "" : std::move(ns)) {}

  Result<int> Run(const std::vector<Target>& targets) {
    const bool table = options_.output.empty() || options_.output == "wide";
    if (!table) return Objects(targets);
    bool any = false;
    std::size_t printed = 0;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      // Names of one type are one table.
      std::vector<std::string> names;
      const std::size_t first = i;
      while (i + 1 < targets.size() &&
             targets[i + 1].resource.plural == targets[first].resource.plural)
        ++i;
      for (std::size_t k = first; k <= i; ++k) names.push_back(targets[k].name);
      OSBX_TRY(const Rows rows, Table(targets[first].resource, names, HasSeveralTypes(targets)));
      if (rows.size() <= (options_.no_headers ? 0U : 1U)) continue;
      if (printed++ > 0) std::printf("\n");
      std::fputs(FormatTable(rows).c_str(), stdout);
      any = true;
    }
    std::fflush(stdout);
    if (!any && !options_.ignore_not_found && !options_.watch) {
      if (ns_.empty()) {
        std::fprintf(stderr, "No resources found\n");
      } else {
        std::fprintf(stderr, "No resources found in %s namespace.\n", ns_.c_str());
      }
    }
    if (options_.watch) return Watch(targets);
    return kOk;
  }

 private:
  static bool HasSeveralTypes(const std::vector<Target>& targets) {
    return targets.front().resource.plural != targets.back().resource.plural;
  }

  Result<Rows> Table(const Resource& resource, const std::vector<std::string>& names,
                     bool several) {
    Rows rows;
    TableOptions style{.wide = options_.output == "wide",
                       .with_namespace = options_.all_namespaces && resource.namespaced,
                       .header = !options_.no_headers,
                       .name_prefix = several ? resource.Display("") : ""};
    for (const std::string& name : names) {
      auto table = client_.DoJson(
          {.path = resource.Path(ns_, name) + QueryOf(options_), .accept = kTableAccept});
      if (!table && options_.ignore_not_found && table.error().code() == Code::kNotFound) continue;
      if (!table) return std::move(table).error();
      for (auto& row : RowsOfTable(*table, style)) rows.push_back(std::move(row));
      style.header = false;
      revision_ = table->value("/metadata/resourceVersion"_json_pointer, "");
    }
    return rows;
  }

  Result<int> Objects(const std::vector<Target>& targets) {
    Json list = Json::array();
    for (const Target& target : targets) {
      auto answer =
          client_.DoJson({.path = target.resource.Path(ns_, target.name) + QueryOf(options_)});
      if (!answer && options_.ignore_not_found && answer.error().code() == Code::kNotFound)
        continue;
      if (!answer) return std::move(answer).error();
      HideManagedFields(*answer);
      if (!target.name.empty()) {
        list.push_back(*answer);
        continue;
      }
      for (Json& item : (*answer)["items"]) list.push_back(std::move(item));
    }
    const bool one = targets.size() == 1 && !targets.front().name.empty() && list.size() == 1;
    const Json whole =
        one ? list[0] : Json{{"apiVersion", "v1"}, {"kind", "List"}, {"items", list}};
    return Print(whole, list, targets);
  }

  Result<int> Print(const Json& whole, const Json& list, const std::vector<Target>& targets) {
    if (options_.output == "json") {
      std::printf("%s\n", whole.dump(4).c_str());
    } else if (options_.output == "yaml") {
      std::fputs(api::ToYaml(whole).c_str(), stdout);
    } else if (options_.output == "name") {
      for (const Json& object : list) {
        for (const Target& target : targets) {
          if (target.resource.kind != object.value("kind", "")) continue;
          std::printf("%s\n",
                      target.resource.Display(object["metadata"].value("name", "")).c_str());
          break;
        }
      }
    } else if (options_.output.starts_with("custom-columns=")) {
      OSBX_TRY(const Rows rows, CustomColumns(options_.output.substr(15),
                                              list.get<std::vector<Json>>(), !options_.no_headers));
      std::fputs(FormatTable(rows).c_str(), stdout);
    } else if (options_.output.starts_with("jsonpath=")) {
      std::string text = options_.output.substr(9);
      if (text.starts_with('{') && text.ends_with('}')) text = text.substr(1, text.size() - 2);
      OSBX_TRY(const api::JsonPath path, api::JsonPath::Parse(text));
      std::string out;
      for (const Json* value : path.Find(whole)) {
        out += (out.empty() ? "" : " ") +
               (value->is_string() ? value->get<std::string>() : value->dump());
      }
      std::printf("%s", out.c_str());
    } else {
      return Error(Code::kInvalid, "unknown output \"" + options_.output +
                                       "\": wide, yaml, json, name, custom-columns=…, jsonpath=…");
    }
    return kOk;
  }

  Result<int> Watch(const std::vector<Target>& targets) {
    if (HasSeveralTypes(targets) || targets.size() != 1)
      return Error(Code::kInvalid, "one type can be watched at a time");
    const Target& target = targets.front();
    std::string query = QueryOf(options_);
    query += query.empty() ? "?" : "&";
    query += "watch=true&resourceVersion=" + revision_;
    if (!target.name.empty())
      query += "&fieldSelector=" + client::UrlEncode("metadata.name=" + target.name);
    Json columns;
    OSBX_CHECK(client_.StreamLines(
        {.path = target.resource.Path(ns_) + query, .accept = kTableAccept},
        [&](std::string_view line) {
          Json event = Json::parse(line, nullptr, false);
          if (!event.is_object() || !event.contains("object")) return true;
          Json& table = event["object"];
          if (event.value("type", "") == "ERROR" || event.value("type", "") == "BOOKMARK")
            return true;
          if (table.contains("columnDefinitions") && !table["columnDefinitions"].empty() &&
              !table["columnDefinitions"].is_null()) {
            columns = table["columnDefinitions"];
          }
          table["columnDefinitions"] = columns;
          const TableOptions style{
              .wide = options_.output == "wide",
              .with_namespace = options_.all_namespaces && target.resource.namespaced,
              .header = false};
          std::fputs(FormatTable(RowsOfTable(table, style)).c_str(), stdout);
          std::fflush(stdout);
          return true;
        }));
    return kOk;
  }

  client::RestClient& client_;
  const Options& options_;
  const std::string ns_;
  std::string revision_;
};

Result<int> Get(Context& context, const Options& options) {
  OSBX_TRY(client::RestClient * client, context.Client());
  OSBX_TRY(const std::vector<Resource> all, Discover(*client));
  OSBX_TRY(const std::vector<Target> targets, ParseTargets(all, options.words));
  return Getter(*client, options, context.Namespace()).Run(targets);
}

}  // namespace

std::function<int()> DeclareGet(CLI::App& command, Context& context) {
  auto options = std::make_shared<Options>();
  command.add_option("what", options->words, "TYPE[,TYPE…] [NAME…] or TYPE/NAME…")->required();
  command.add_option("-o,--output", options->output,
                     "wide, yaml, json, name, custom-columns=NAME:.path,…, jsonpath=…");
  command.add_option("-l,--selector", options->selector, "Label selector");
  command.add_option("--field-selector", options->field_selector, "Field selector");
  command.add_flag("-A,--all-namespaces", options->all_namespaces, "All namespaces");
  command.add_flag("-w,--watch", options->watch, "Go on printing what changes");
  command.add_flag("--no-headers", options->no_headers, "No header line");
  command.add_flag("--ignore-not-found", options->ignore_not_found, "Missing objects are no error");
  return [options, &context] {
    const auto code = Get(context, *options);
    return code ? *code : Fail(code.error());
  };
}

}  // namespace osbx::ctl
