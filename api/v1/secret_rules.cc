// SPDX-License-Identifier: Apache-2.0
// After Kubernetes' ValidateSecret and ValidateSecretUpdate. No value is ever shown.
#include <algorithm>
#include <cctype>

#include "api/causes.h"
#include "api/v1/json_fields.h"
#include "api/v1/rules.h"
#include "base/base64.h"

namespace osbx::api::v1 {
namespace {

constexpr std::size_t kMaximumSize = std::size_t{1024} * 1024;  // bytes of all values, decoded
constexpr std::size_t kMaximumKey = 253;                        // characters

bool IsKey(std::string_view key) {
  if (key.empty() || key.size() > kMaximumKey || key == "." || key.starts_with("..")) return false;
  return std::all_of(key.begin(), key.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  });
}

// Checks the keys of one map and gives the size of its values.
std::size_t CheckMap(const Json& map, const std::string& path, bool encoded,
                     std::vector<Cause>& causes) {
  std::size_t size = 0;
  for (const auto& [key, value] : map.items()) {
    if (!IsKey(key)) {
      causes.push_back(InvalidText(JoinKey(path, key), key,
                                   "a valid config key must consist of alphanumeric characters, "
                                   "'-', '_' or '.' (e.g. 'key.name', or 'KEY_NAME', or "
                                   "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"));
    }
    if (!value.is_string()) continue;
    const auto& text = value.get_ref<const std::string&>();
    const auto decoded = encoded ? DecodeBase64(text) : std::nullopt;
    size += decoded.has_value() ? decoded->size() : text.size();
  }
  return size;
}

bool Same(const Json* a, const Json* b) {
  const bool a_empty = a == nullptr || a->empty();
  const bool b_empty = b == nullptr || b->empty();
  return a_empty || b_empty ? a_empty == b_empty : *a == *b;
}

bool IsImmutable(const Json* object) {
  const Json* flag = MemberOf(object, "immutable");
  return flag != nullptr && flag->is_boolean() && flag->get<bool>();
}

}  // namespace

std::vector<Cause> SecretRules(const Json& object, const Json* old_object) {
  std::vector<Cause> causes;
  std::size_t size = 0;
  if (const Json* data = ObjectIn(&object, "data"); data != nullptr) {
    size += CheckMap(*data, "data", true, causes);
  }
  if (const Json* plain = ObjectIn(&object, "stringData"); plain != nullptr) {
    size += CheckMap(*plain, "stringData", false, causes);
  }
  if (size > kMaximumSize) causes.push_back(TooLong("data", kMaximumSize));
  if (!IsImmutable(old_object)) return causes;
  if (!IsImmutable(&object)) {
    causes.push_back(Forbidden("immutable", "field is immutable when `immutable` is set"));
  }
  const bool adds_plain =
      ObjectIn(&object, "stringData") != nullptr && !ObjectIn(&object, "stringData")->empty();
  if (adds_plain || !Same(MemberOf(&object, "data"), MemberOf(old_object, "data"))) {
    causes.push_back(Forbidden("data", "field is immutable when `immutable` is set"));
  }
  return causes;
}

}  // namespace osbx::api::v1
