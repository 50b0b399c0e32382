// SPDX-License-Identifier: Apache-2.0
// Paths into objects as kubectl's -o jsonpath, -o custom-columns and --sort-by take them. Pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/json_path.h"
#include "base/json.h"
#include "base/result.h"

namespace osbx::ctl {

// One path, with or without braces, "$", "@" and the dot in front; "@" and "." are the value
// itself.
Result<api::JsonPath> ParsePath(std::string_view text);

// A value as jsonpath and custom-columns show it: strings bare, the rest as JSON.
std::string ValueText(const Json& value);

// Positions of `objects` sorted by what `path` finds first in each: numbers before text, missing
// first; stable.
std::vector<std::size_t> OrderBy(const api::JsonPath& path,
                                 const std::vector<const Json*>& objects);

// A template: text, {path}, {"text"} and {range path}…{end}. Text without braces is one path.
class PathTemplate {
 public:
  // kInvalid: a brace or a range that is not closed, or a path that is none.
  static Result<PathTemplate> Parse(std::string_view text);
  ~PathTemplate();
  PathTemplate(PathTemplate&&) noexcept;
  PathTemplate& operator=(PathTemplate&&) noexcept;

  // Several values of one path are joined by blanks; what is missing prints nothing.
  std::string Render(const Json& object) const;

  struct Node;

 private:
  explicit PathTemplate(std::vector<Node> nodes);
  std::vector<Node> nodes_;
};

}  // namespace osbx::ctl
