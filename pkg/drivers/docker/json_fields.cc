// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/json_fields.h"

#include <limits>

#include <nlohmann/json.hpp>

namespace osbx::docker {
Json ParseLenient(std::string_view text) {
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

const Json& At(const Json& object, const char* key) {
  static const Json null;
  if (!object.is_object()) return null;
  const auto found = object.find(key);
  return found == object.end() ? null : *found;
}

const Json& ObjectAt(const Json& object, const char* key) {
  static const Json empty = Json::object();
  const Json& value = At(object, key);
  return value.is_object() ? value : empty;
}

const Json& ArrayAt(const Json& object, const char* key) {
  static const Json empty = Json::array();
  const Json& value = At(object, key);
  return value.is_array() ? value : empty;
}

std::string StringAt(const Json& object, const char* key) {
  const Json& value = At(object, key);
  return value.is_string() ? value.get_ref<const std::string&>() : std::string();
}

std::int64_t IntAt(const Json& object, const char* key) {
  const Json& value = At(object, key);
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    const auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return number <= largest ? static_cast<std::int64_t>(number) : 0;
  }
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

std::uint64_t UintAt(const Json& object, const char* key) {
  const Json& value = At(object, key);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

int SmallIntAt(const Json& object, const char* key) {
  const std::int64_t value = IntAt(object, key);
  const bool fits =
      value >= std::numeric_limits<int>::min() && value <= std::numeric_limits<int>::max();
  return fits ? static_cast<int>(value) : 0;
}

bool BoolAt(const Json& object, const char* key) {
  const Json& value = At(object, key);
  return value.is_boolean() && value.get<bool>();
}

std::map<std::string, std::string> LabelsAt(const Json& object, const char* key) {
  std::map<std::string, std::string> labels;
  for (const auto& [name, value] : ObjectAt(object, key).items()) {
    if (value.is_string()) labels.emplace(name, value.get_ref<const std::string&>());
  }
  return labels;
}

std::vector<std::string> StringsAt(const Json& object, const char* key) {
  std::vector<std::string> strings;
  for (const Json& value : ArrayAt(object, key)) {
    if (value.is_string()) strings.push_back(value.get_ref<const std::string&>());
  }
  return strings;
}

}  // namespace osbx::docker
