// SPDX-License-Identifier: Apache-2.0
#include "registry/fieldset.h"

#include <nlohmann/json.hpp>

#include "registry/json_access.h"

namespace osbx::registry {
namespace {

constexpr int kMaxDepth = 100;  // of a path; real ones stay below 20

bool IsElement(std::string_view text) {
  return text.starts_with("f:") || text.starts_with("k:") || text.starts_with("v:") ||
         text.starts_with("i:");
}

// "k:{\"name\":\"B\"}" -> "[name=\"B\"]"
std::string Readable(std::string_view element) {
  const std::string_view content = element.substr(2);
  switch (element.front()) {
    case 'f':
      return "." + std::string(content);
    case 'v':
      return "[=" + std::string(content) + "]";
    case 'k':
      break;
    default:
      return "[" + std::string(content) + "]";
  }
  const Json keys = Json::parse(content, nullptr, false);
  if (!keys.is_object()) return "[" + std::string(content) + "]";
  std::string text;
  for (const auto& [name, value] : keys.items()) {
    text += (text.empty() ? "" : ",") + name + "=" + Dump(value);
  }
  return "[" + text + "]";
}

}  // namespace

std::string FieldElement(std::string_view name) {
  return "f:" + std::string(name);
}

std::string ValueElement(const Json& value) {
  return "v:" + Dump(value);
}

Result<FieldSet> FieldSet::FromJson(const Json& fields) {
  OSBX_TRY(FieldSet set, Read(fields, 0));
  // At the root, {} is the empty set; below it, {} is a leaf.
  if (fields.empty()) set.self = false;
  return set;
}

Result<FieldSet> FieldSet::Read(const Json& fields, int depth) {
  if (!fields.is_object() || depth > kMaxDepth) {
    return Error(Code::kInvalid, "fieldsV1 is malformed");
  }
  FieldSet set;
  set.self = fields.empty();
  for (const auto& [element, below] : fields.items()) {
    if (element == ".") {
      set.self = true;
    } else if (IsElement(element)) {
      OSBX_TRY(set.children[element], Read(below, depth + 1));
    } else {
      return Error(Code::kInvalid, "fieldsV1 is malformed");
    }
  }
  return set;
}

Json FieldSet::ToJson() const {
  Json json = Json::object();
  if (self && !children.empty()) json["."] = Json::object();
  for (const auto& [element, below] : children) json[element] = below.ToJson();
  return json;
}

const FieldSet* FieldSet::Child(std::string_view element) const {
  const auto found = children.find(element);
  return found == children.end() ? nullptr : &found->second;
}

void FieldSet::Add(const FieldSet& other) {
  self = self || other.self;
  for (const auto& [element, below] : other.children) children[element].Add(below);
}

FieldSet FieldSet::Without(const FieldSet& other) const {
  FieldSet rest;
  rest.self = self && !other.self;
  for (const auto& [element, below] : children) {
    const FieldSet* minus = other.Child(element);
    FieldSet kept = minus == nullptr ? below : below.Without(*minus);
    if (!kept.Empty()) rest.children.emplace(element, std::move(kept));
  }
  return rest;
}

FieldSet FieldSet::WithoutTrees(const FieldSet& other) const {
  if (other.self) return {};
  FieldSet rest;
  rest.self = self;
  for (const auto& [element, below] : children) {
    const FieldSet* minus = other.Child(element);
    FieldSet kept = minus == nullptr ? below : below.WithoutTrees(*minus);
    if (!kept.Empty()) rest.children.emplace(element, std::move(kept));
  }
  return rest;
}

FieldSet FieldSet::Common(const FieldSet& other) const {
  FieldSet both;
  both.self = self && other.self;
  for (const auto& [element, below] : children) {
    if (const FieldSet* match = other.Child(element)) {
      FieldSet common = below.Common(*match);
      if (!common.Empty()) both.children.emplace(element, std::move(common));
    }
  }
  return both;
}

std::vector<std::string> FieldSet::Paths() const {
  std::vector<std::string> paths;
  AppendPaths("", paths);
  return paths;
}

void FieldSet::AppendPaths(const std::string& prefix, std::vector<std::string>& paths) const {
  if (self) paths.push_back(prefix);
  for (const auto& [element, below] : children) {
    below.AppendPaths(prefix + Readable(element), paths);
  }
}

}  // namespace osbx::registry
