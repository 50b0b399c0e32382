// SPDX-License-Identifier: Apache-2.0
// The subset of Kubernetes' JSONPath that printer columns and -o custom-columns use:
//   .a.b  ['a.b']  .a\.b  [0]  [-1]  [1:3]  [*]  .*  [?(@.type=="Ready")]  [?(@.n>=3)]  [?(@.x)]
// with an optional leading $ and optional braces. Immutable after parsing; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace osbx::api {

class JsonPath {
 public:
  static Result<JsonPath> Parse(std::string_view text);

  // The values it leads to, in document order; missing ones are left out. Pointers into `root`.
  std::vector<const Json*> Find(const Json& root) const;
  // The first of them, or null.
  const Json* First(const Json& root) const;

 private:
  friend class JsonPathParser;
  enum class Operator { kExists, kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };
  enum class StepKind { kField, kIndex, kSlice, kAll, kFilter };
  struct Step {
    StepKind kind = StepKind::kField;
    std::string field;
    int index = 0;  // also the begin of a slice; negative counts from the end
    std::optional<int> end;
    std::vector<std::string> operand;  // fields below @ of a filter
    Operator op = Operator::kExists;
    JsonPtr literal;
  };
  static void Apply(const Step& step, const Json& value, std::vector<const Json*>& out);
  static bool Holds(const Step& step, const Json& item);

  std::vector<Step> steps_;
};

}  // namespace osbx::api
