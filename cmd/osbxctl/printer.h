// SPDX-License-Identifier: Apache-2.0
// kubectl's -o formats of objects. Pure but for the files that -o custom-columns-file and
// -o jsonpath-file name.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "paths.h"
#include "table.h"

namespace osbx::ctl {

inline constexpr const char* kOutputHelp =
    "wide, yaml, json, name, custom-columns=NAME:.path,…, custom-columns-file=FILE, "
    "jsonpath=TEMPLATE or jsonpath-file=FILE";

class Printer {
 public:
  enum class Kind { kTable, kWide, kYaml, kJson, kName, kCustomColumns, kJsonPath };

  // "" is the table. kInvalid names what is wrong with the format.
  static Result<Printer> Parse(const std::string& output);

  Kind kind() const { return kind_; }
  bool IsTable() const { return kind_ == Kind::kTable || kind_ == Kind::kWide; }

  // What `whole` (one object or a List) looks like; a table it cannot do.
  std::string Print(const Json& whole, bool header) const;

 private:
  Kind kind_ = Kind::kTable;
  std::vector<std::pair<std::string, api::JsonPath>> columns_;
  std::vector<PathTemplate> path_;  // one, of kJsonPath
};

// Takes metadata.managedFields out, which are long and for machines; of a List from each item.
void HideManagedFields(Json& whole);

}  // namespace osbx::ctl
