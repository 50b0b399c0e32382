// SPDX-License-Identifier: Apache-2.0
#include "table.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace osbx::ctl {
namespace {

constexpr std::size_t kGap = 3;

// Characters, not bytes: UTF-8 continuation bytes take no column.
std::size_t Width(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string CellText(const Json& cell) {
  if (cell.is_null()) return "<none>";
  if (!cell.is_string()) return cell.dump();
  // One row stays one line, and control characters stay out of the terminal.
  std::string text = cell.get<std::string>();
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text.empty() ? "<none>" : text;
}

}  // namespace

std::string FormatTable(const Rows& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - Width(row[i]) + kGap, ' ');
    }
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
  }
  return out;
}

Rows RowsOfTable(const Json& table, const TableOptions& options) {
  Rows rows;
  const Json columns = table.value("columnDefinitions", Json::array());
  const auto shown = [&](std::size_t i) {
    return options.wide || columns[i].value("priority", 0) == 0;
  };
  if (options.header) {
    std::vector<std::string> header;
    if (options.with_namespace) header.emplace_back("NAMESPACE");
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (!shown(i)) continue;
      std::string name = columns[i].value("name", "");
      std::ranges::transform(name, name.begin(),
                             [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      header.push_back(name);
    }
    rows.push_back(std::move(header));
  }
  for (const Json& row : table.value("rows", Json::array())) {
    std::vector<std::string> cells;
    if (options.with_namespace) {
      cells.push_back(row.contains("object")
                          ? row["object"].value("/metadata/namespace"_json_pointer, "")
                          : "");
    }
    for (std::size_t i = 0; i < row["cells"].size() && i < columns.size(); ++i) {
      if (!shown(i)) continue;
      const bool is_name = columns[i].value("format", "") == "name";
      cells.push_back((is_name ? options.name_prefix : "") + CellText(row["cells"][i]));
    }
    rows.push_back(std::move(cells));
  }
  return rows;
}

}  // namespace osbx::ctl
