// SPDX-License-Identifier: Apache-2.0
#include "store/labels.h"

#include <nlohmann/json.hpp>

namespace osbx::store {
namespace {

// Null when there are none.
const Json* FindLabels(const Json& body) {
  const auto metadata = body.find("metadata");
  if (metadata == body.end() || !metadata->is_object()) return nullptr;
  const auto labels = metadata->find("labels");
  if (labels == metadata->end() || !labels->is_object() || labels->empty()) return nullptr;
  return &*labels;
}

}  // namespace

Labels LabelsOf(const Json& body) {
  Labels result;
  const Json* labels = FindLabels(body);
  if (labels == nullptr) return result;
  for (const auto& [key, value] : labels->items()) {
    if (value.is_string()) result.emplace_back(key, value.get_ref<const std::string&>());
  }
  return result;
}

bool SameLabels(const Json& a, const Json& b) {
  const Json* of_a = FindLabels(a);
  const Json* of_b = FindLabels(b);
  if (of_a == nullptr || of_b == nullptr) return of_a == of_b;
  return *of_a == *of_b;
}

bool HasLabels(const Json& body, const Labels& wanted) {
  if (wanted.empty()) return true;
  const Json* labels = FindLabels(body);
  if (labels == nullptr) return false;
  for (const auto& [key, value] : wanted) {
    const auto found = labels->find(key);
    if (found == labels->end() || !found->is_string() ||
        found->get_ref<const std::string&>() != value) {
      return false;
    }
  }
  return true;
}

}  // namespace osbx::store
