// SPDX-License-Identifier: Apache-2.0
// Label and field selectors (contract/kubectl.md §4.7): parsed once, matched many times. Errors are
// 400 BadRequest. Immutable after parsing; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/schema.h"
#include "base/json.h"
#include "base/result.h"

namespace osbx::registry {

class LabelSelector {
 public:
  static Result<LabelSelector> Parse(std::string_view text);

  bool Matches(const Json& object) const;
  bool Empty() const { return requirements_.empty(); }
  // The requirements of the form key=value: what an index can answer.
  std::vector<std::pair<std::string, std::string>> Equalities() const;

 private:
  friend class LabelParser;
  enum class Op { kIn, kNotIn, kExists, kAbsent, kGreater, kLess };
  struct Requirement {
    std::string key;
    Op op = Op::kExists;
    std::vector<std::string> values = {};
  };
  static bool Holds(const Requirement& requirement, const Json& labels);

  std::vector<Requirement> requirements_;
};

class FieldSelector {
 public:
  static Result<FieldSelector> Parse(const api::Kind& kind, std::string_view text);

  bool Matches(const Json& object) const;
  bool Empty() const { return terms_.empty(); }
  std::optional<std::string> ExactName() const;       // of metadata.name=X
  std::optional<std::string> ExactNamespace() const;  // of metadata.namespace=X

 private:
  struct Term {
    std::string field;
    std::vector<std::string> path = {};
    std::string absent_as = {};  // what a missing value compares as: "false" for booleans
    bool equal = true;
    std::string value = {};
  };
  std::optional<std::string> Exact(std::string_view field) const;

  std::vector<Term> terms_;
};

struct Selector {
  LabelSelector labels;
  FieldSelector fields;

  static Result<Selector> Parse(const api::Kind& kind, std::string_view label_selector,
                                std::string_view field_selector);
  bool Empty() const { return labels.Empty() && fields.Empty(); }
  bool Matches(const Json& object) const {
    return labels.Matches(object) && fields.Matches(object);
  }
};

}  // namespace osbx::registry
