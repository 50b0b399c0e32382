// SPDX-License-Identifier: Apache-2.0
// A set of field paths as a tree, in the form of Kubernetes' fieldsV1 (contract/kubectl.md §6). An
// edge is a path element as written on the wire: `f:NAME`, `k:{"key":value}`, `v:VALUE`. `self`
// says that the path of the node is in the set. Invariant: no node below the root is empty. Plain
// values; not thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace osbx::registry {

class FieldSet {
 public:
  bool self = false;
  std::map<std::string, FieldSet, std::less<>> children = {};

  static Result<FieldSet> FromJson(const Json& fields);
  Json ToJson() const;

  bool Empty() const { return !self && children.empty(); }
  const FieldSet* Child(std::string_view element) const;  // null when absent
  bool operator==(const FieldSet& other) const = default;

  void Add(const FieldSet& other);
  // Only the very paths of `other` leave the set.
  FieldSet Without(const FieldSet& other) const;
  // The paths of `other` leave, with everything below them.
  FieldSet WithoutTrees(const FieldSet& other) const;
  FieldSet Common(const FieldSet& other) const;

  // For people, in order: ".spec.env[name=\"B\"].value".
  std::vector<std::string> Paths() const;

 private:
  static Result<FieldSet> Read(const Json& fields, int depth);
  void AppendPaths(const std::string& prefix, std::vector<std::string>& paths) const;
};

std::string FieldElement(std::string_view name);  // "f:name"
std::string ValueElement(const Json& value);      // "v:\"x\""

}  // namespace osbx::registry
