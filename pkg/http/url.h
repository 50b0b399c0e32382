// SPDX-License-Identifier: Apache-2.0
// Decoding of request targets: percent encoding, query strings, path segments. Never fails: a
// malformed escape stays as it was written. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace osbx::http {

// "%41%2f" -> "A/"; with plus_is_space also '+' -> ' '.
std::string PercentDecode(std::string_view text, bool plus_is_space);
// Everything but unreserved characters (RFC 3986 §2.3) is escaped.
std::string PercentEncode(std::string_view text);

// The pairs of a query string in their order. "a" alone is {"a", ""}.
class Query {
 public:
  Query() = default;
  explicit Query(std::string_view text);

  // The first value of `name`; empty optional when absent.
  std::optional<std::string_view> Find(std::string_view name) const;
  std::string_view Get(std::string_view name, std::string_view otherwise = "") const;
  std::vector<std::string_view> All(std::string_view name) const;
  // "true" and "1" are true (contract/kubectl.md §2); a bare "name" too; all else is false.
  bool Flag(std::string_view name) const;
  bool Empty() const { return pairs_.empty(); }
  const std::vector<std::pair<std::string, std::string>>& Pairs() const { return pairs_; }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

// "/a//b/" -> {"a", "", "b", ""}: still encoded; the leading slash opens the first segment.
std::vector<std::string_view> SplitPath(std::string_view path);

using PathParams = std::vector<std::pair<std::string, std::string>>;
std::string_view ParamOf(const PathParams& params, std::string_view name);

}  // namespace osbx::http
