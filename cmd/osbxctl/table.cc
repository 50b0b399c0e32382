// SPDX-License-Identifier: Apache-2.0
#include "table.h"

#include <algorithm>
#include <cctype>

#include <nlohmann/json.hpp>

#include "api/json_path.h"
#include "paths.h"
#include "terminal.h"

namespace osbx::ctl {
namespace {

constexpr std::size_t kGap = 3;

// Characters, not bytes: UTF-8 continuation bytes take no column.
std::size_t Width(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string Painted(const std::string& cell, const TableStyle& style, bool header) {
  if (!style.colour) return cell;
  return header ? Paint(Colour::kBold, cell) : PaintState(cell);
}

std::string Upper(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

Json Labels(const Json& row) {
  const Json::json_pointer place("/object/metadata/labels");
  if (!row.contains(place) || !row[place].is_object()) return Json::object();
  return row[place];
}

void AppendLabels(const Json& row, const TableOptions& options, std::vector<std::string>& cells) {
  const Json labels = Labels(row);
  for (const std::string& name : options.label_columns)
    cells.push_back(labels.contains(name) ? CellText(labels[name]) : "");
  if (!options.show_labels) return;
  std::string all;
  for (const auto& [name, value] : labels.items())
    all += (all.empty() ? "" : ",") + name + "=" + CellText(value);
  cells.push_back(all.empty() ? "<none>" : all);
}

std::vector<std::string> Header(const Json& columns, const TableOptions& options) {
  std::vector<std::string> header;
  if (options.with_namespace) header.emplace_back("NAMESPACE");
  for (const Json& column : columns) {
    if (options.wide || column.value("priority", 0) == 0)
      header.push_back(Upper(column.value("name", "")));
  }
  // As kubectl: of "example.com/role" the column is ROLE.
  for (const std::string& label : options.label_columns)
    header.push_back(Upper(label.substr(label.find_last_of('/') + 1)));
  if (options.show_labels) header.emplace_back("LABELS");
  return header;
}

std::vector<std::string> Cells(const Json& row, const Json& columns, const TableOptions& options) {
  std::vector<std::string> cells;
  if (options.with_namespace)
    cells.push_back(row.value("/object/metadata/namespace"_json_pointer, ""));
  const Json& values = row["cells"];
  for (std::size_t i = 0; i < values.size() && i < columns.size(); ++i) {
    if (!options.wide && columns[i].value("priority", 0) != 0) continue;
    const bool is_name = columns[i].value("format", "") == "name";
    cells.push_back((is_name ? options.name_prefix : "") + CellText(values[i]));
  }
  AppendLabels(row, options, cells);
  return cells;
}

}  // namespace

std::string CellText(const Json& cell) {
  if (cell.is_null()) return "<none>";
  if (!cell.is_string()) return cell.dump();
  const std::string text = Printable(cell.get_ref<const std::string&>());
  return text.empty() ? "<none>" : text;
}

std::string FormatTable(const Rows& rows, const TableStyle& style) {
  std::vector<std::size_t> own;
  std::vector<std::size_t>& widths = style.widths != nullptr ? *style.widths : own;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    const bool header = style.header && &row == &rows.front();
    std::string line;
    std::size_t pending = 0;  // blanks before the next text, so that none trail
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!row[i].empty()) {
        line.append(pending, ' ');
        line += Painted(row[i], style, header);
        pending = 0;
      }
      pending += widths[i] - Width(row[i]) + kGap;
    }
    out += line + "\n";
  }
  return out;
}

Result<Rows> RowsOfTable(const Json& table, const TableOptions& options) {
  const Json columns = table.value("columnDefinitions", Json::array());
  Json rows = table.value("rows", Json::array());
  if (!options.sort_by.empty()) {
    OSBX_TRY(const api::JsonPath path, ParsePath(options.sort_by));
    std::vector<const Json*> objects;
    for (const Json& row : rows) objects.push_back(&row["object"]);
    Json sorted = Json::array();
    for (const std::size_t i : OrderBy(path, objects)) sorted.push_back(rows[i]);
    rows = std::move(sorted);
  }
  Rows out;
  if (options.header) out.push_back(Header(columns, options));
  for (const Json& row : rows) out.push_back(Cells(row, columns, options));
  return out;
}

}  // namespace osbx::ctl
