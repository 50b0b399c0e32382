// SPDX-License-Identifier: Apache-2.0
// Columns of text as kubectl prints them: three blanks between, no trailing blanks. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace osbx::ctl {

using Rows = std::vector<std::vector<std::string>>;

std::string FormatTable(const Rows& rows);

// Header and rows of a meta.k8s.io/v1 Table. `wide` shows columns of lower priority;
// `with_namespace` adds NAMESPACE.
struct TableOptions {
  bool wide = false;
  bool with_namespace = false;
  bool header = true;
  std::string name_prefix;  // "sandbox.osbx.dev/", when several types are shown
};
Rows RowsOfTable(const Json& table, const TableOptions& options);

}  // namespace osbx::ctl
