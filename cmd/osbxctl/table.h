// SPDX-License-Identifier: Apache-2.0
// Columns of text as kubectl prints them: three blanks between, no trailing blanks. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace osbx::ctl {

using Rows = std::vector<std::vector<std::string>>;

struct TableStyle {
  bool colour = false;  // states in their colour
  bool header = false;  // the first row is one, and bold where there is colour
  std::vector<std::size_t>* widths = nullptr;  // kept from table to table, so that a watch aligns
};
std::string FormatTable(const Rows& rows, const TableStyle& style = {});

// A cell: null and empty are "<none>"; control characters become blanks.
std::string CellText(const Json& cell);

// Which columns of a meta.k8s.io/v1 Table are shown, and in which order its rows.
struct TableOptions {
  bool wide = false;            // columns of lower priority too
  bool with_namespace = false;  // NAMESPACE first
  bool header = true;
  bool show_labels = false;                // LABELS last
  std::vector<std::string> label_columns;  // a column for each of these labels
  std::string sort_by;                     // path in the row's object; "" = the server's order
  std::string name_prefix;                 // "sandbox.osbx.dev/", when several types are shown
};
// Header and rows. kInvalid: sort_by is no path. Sorting needs tables asked for with
// includeObject=Object.
Result<Rows> RowsOfTable(const Json& table, const TableOptions& options);

}  // namespace osbx::ctl
