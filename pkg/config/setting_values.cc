// SPDX-License-Identifier: Apache-2.0
#include "config/setting_values.h"

namespace osbx::config {

Error WrongValue(std::string_view wanted) {
  return {Code::kInvalid, "must be " + std::string(wanted)};
}

Result<std::string> Text(const toml::node& node) {
  const auto value = node.value_exact<std::string>();
  if (!value) return WrongValue("a string");
  return *value;
}

Result<std::int64_t> Number(const toml::node& node, std::int64_t least, std::int64_t most) {
  const auto value = node.value_exact<std::int64_t>();
  if (!value) return WrongValue("an integer");
  if (*value < least || *value > most) {
    return WrongValue("between " + std::to_string(least) + " and " + std::to_string(most));
  }
  return *value;
}

Result<bool> Flag(const toml::node& node) {
  const auto value = node.value_exact<bool>();
  if (!value) return WrongValue("true or false");
  return *value;
}

Result<std::vector<std::string>> Texts(const toml::node& node) {
  const toml::array* array = node.as_array();
  if (array == nullptr) return WrongValue("an array of strings");
  std::vector<std::string> out;
  for (const toml::node& element : *array) {
    const auto value = element.value_exact<std::string>();
    if (!value) return WrongValue("an array of strings");
    out.push_back(*value);
  }
  return out;
}

Result<std::string> AbsolutePath(const toml::node& node) {
  OSBX_TRY(std::string path, Text(node));
  if (path.empty() || path.front() != '/') return WrongValue("an absolute path");
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string Shown(const std::string& text) {
  return text.empty() ? "" : "\"" + text + "\"";
}

std::string Shown(bool flag) {
  return flag ? "true" : "false";
}

std::string Shown(std::int64_t number) {
  return std::to_string(number);
}

std::string Shown(std::chrono::seconds time) {
  return std::to_string(time.count());
}

std::string Shown(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "\"" : ", \"") + text + "\"";
  return "[" + out + "]";
}

}  // namespace osbx::config
