// SPDX-License-Identifier: Apache-2.0
// Pruning and defaulting of structural schemas, after Kubernetes' apiextensions
// (contract/kubectl.md §4.5).
#include <nlohmann/json.hpp>

#include "api/causes.h"
#include "api/schema.h"

namespace osbx::api {
namespace {

void PruneInto(const Schema& schema, Json& value, const std::string& path,
               std::vector<std::string>& unknown) {
  if (value.is_array()) {
    if (schema.items == nullptr) return;
    for (std::size_t i = 0; i < value.size(); ++i) {
      PruneInto(*schema.items, value[i], Join(path, i), unknown);
    }
    return;
  }
  // Of a value of another type nothing is unknown: validation refuses it as a whole.
  if (!value.is_object() || schema.type != Type::kObject) return;
  for (auto member = value.begin(); member != value.end();) {
    const Schema* known = schema.Find(member.key());
    if (known == nullptr) known = schema.additional.get();
    if (known != nullptr) {
      PruneInto(*known, member.value(), Join(path, member.key()), unknown);
    } else if (!schema.preserve_unknown) {
      unknown.push_back(Join(path, member.key()));
      member = value.erase(member);
      continue;
    }
    ++member;
  }
}

bool IsNullToDrop(const Schema& schema, const Json& value) {
  return value.is_null() && !schema.nullable && schema.type != Type::kAny;
}

void DefaultMap(const Schema& values, Json& map) {
  for (auto member = map.begin(); member != map.end();) {
    if (IsNullToDrop(values, member.value())) {
      member = map.erase(member);
      continue;
    }
    Default(values, member.value());
    ++member;
  }
}

}  // namespace

std::vector<std::string> Prune(const Schema& schema, Json& value) {
  std::vector<std::string> unknown;
  PruneInto(schema, value, "", unknown);
  return unknown;
}

void Default(const Schema& schema, Json& value) {
  if (value.is_array()) {
    if (schema.items == nullptr) return;
    for (Json& item : value) Default(*schema.items, item);
    return;
  }
  if (!value.is_object()) return;
  if (schema.additional != nullptr) DefaultMap(*schema.additional, value);
  for (const Property& property : schema.properties) {
    auto member = value.find(property.name);
    const bool drop = member != value.end() && IsNullToDrop(*property.schema, *member);
    if (member == value.end() || drop) {
      if (property.schema->default_value == nullptr) {
        if (drop) value.erase(member);
        continue;
      }
      member = value.emplace(property.name, nullptr).first;
      *member = *property.schema->default_value;
    }
    Default(*property.schema, *member);
  }
}

}  // namespace osbx::api
