// SPDX-License-Identifier: Apache-2.0
#include "printer.h"

#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "api/yaml.h"
#include "resources.h"

namespace osbx::ctl {
namespace {

Result<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error(Code::kNotFound, "cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

using Columns = std::vector<std::pair<std::string, api::JsonPath>>;

// NAME:.path,NAME:.path
Result<Columns> ParseColumns(const std::string& spec) {
  if (spec.empty())
    return Error(Code::kInvalid, "custom-columns format specified but no custom columns given");
  Columns columns;
  std::stringstream words(spec);
  for (std::string word; std::getline(words, word, ',');) {
    const auto colon = word.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == word.size()) {
      return Error(Code::kInvalid, "unexpected custom-columns spec: " + word +
                                       ", expected <header>:<json-path-expr>");
    }
    OSBX_TRY(api::JsonPath path, ParsePath(word.substr(colon + 1)));
    columns.emplace_back(word.substr(0, colon), std::move(path));
  }
  return columns;
}

// A line of names, and below it a line of paths.
Result<Columns> ParseColumnsFile(const std::string& text) {
  std::istringstream lines(text);
  std::string names;
  std::string paths;
  std::getline(lines, names);
  std::getline(lines, paths);
  std::istringstream name_words(names);
  std::istringstream path_words(paths);
  std::string spec;
  for (std::string name, path; name_words >> name;) {
    if (!(path_words >> path))
      return Error(Code::kInvalid, "custom-columns-file: fewer paths than names");
    spec.append(spec.empty() ? "" : ",").append(name).append(":").append(path);
  }
  return ParseColumns(spec);
}

// The objects of a List, or the one object.
std::vector<const Json*> ObjectsOf(const Json& whole) {
  std::vector<const Json*> out;
  if (whole.value("kind", "") == "List" && whole.contains("items")) {
    for (const Json& item : whole["items"]) out.push_back(&item);
  } else {
    out.push_back(&whole);
  }
  return out;
}

Rows CustomColumns(const Columns& columns, const std::vector<const Json*>& objects, bool header) {
  Rows rows;
  if (header) {
    rows.emplace_back();
    for (const auto& [name, path] : columns) rows.back().push_back(name);
  }
  for (const Json* object : objects) {
    rows.emplace_back();
    for (const auto& [name, path] : columns) {
      std::string cell;
      for (const Json* value : path.Find(*object))
        cell += (cell.empty() ? "" : ",") + ValueText(*value);
      rows.back().push_back(CellText(cell));
    }
  }
  return rows;
}

}  // namespace

Result<Printer> Printer::Parse(const std::string& output) {
  Printer printer;
  const auto equal = output.find('=');
  const std::string name = output.substr(0, equal);
  std::string argument = equal == std::string::npos ? "" : output.substr(equal + 1);
  if (name == "custom-columns-file" || name == "jsonpath-file") {
    OSBX_TRY(argument, ReadFile(argument));
  }
  if (name == "custom-columns" || name == "custom-columns-file") {
    printer.kind_ = Kind::kCustomColumns;
    OSBX_TRY(printer.columns_,
             name == "custom-columns" ? ParseColumns(argument) : ParseColumnsFile(argument));
    return printer;
  }
  if (name == "jsonpath" || name == "jsonpath-file") {
    if (argument.empty())
      return Error(Code::kInvalid, "template format specified but no template given");
    printer.kind_ = Kind::kJsonPath;
    OSBX_TRY(PathTemplate path, PathTemplate::Parse(argument));
    printer.path_.push_back(std::move(path));
    return printer;
  }
  static const std::pair<const char*, Kind> plain[] = {{"", Kind::kTable},
                                                       {"wide", Kind::kWide},
                                                       {"yaml", Kind::kYaml},
                                                       {"json", Kind::kJson},
                                                       {"name", Kind::kName}};
  for (const auto& [word, kind] : plain) {
    if (output != word) continue;
    printer.kind_ = kind;
    return printer;
  }
  return Error(Code::kInvalid, "unable to match a printer suitable for the output format \"" +
                                   output + "\", allowed formats are: " + kOutputHelp);
}

std::string Printer::Print(const Json& whole, bool header) const {
  switch (kind_) {
    case Kind::kYaml:
      return api::ToYaml(whole);
    case Kind::kJson:
      return whole.dump(4) + "\n";
    case Kind::kName: {
      std::string out;
      for (const Json* object : ObjectsOf(whole)) out += DisplayOf(*object) + "\n";
      return out;
    }
    case Kind::kCustomColumns:
      return FormatTable(CustomColumns(columns_, ObjectsOf(whole), header));
    case Kind::kJsonPath:
      return path_.front().Render(whole);
    case Kind::kTable:
    case Kind::kWide:
      break;
  }
  return "";
}

void HideManagedFields(Json& whole) {
  if (whole.contains("metadata")) whole["metadata"].erase("managedFields");
  if (!whole.contains("items") || !whole["items"].is_array()) return;
  for (Json& item : whole["items"]) {
    if (item.contains("metadata")) item["metadata"].erase("managedFields");
  }
}

}  // namespace osbx::ctl
