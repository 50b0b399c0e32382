// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/body.h"

#include <charconv>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "api/yaml.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

namespace {

constexpr std::string_view kNotText = "Input should be a valid string";

std::optional<std::int64_t> LenientWhole(const Json& value) {
  if (value.is_number_unsigned()) {
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return static_cast<std::int64_t>(std::min(value.get<std::uint64_t>(), kMost));
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) {
    const double number = value.get<double>();
    constexpr double kMost = 9.0e18;
    if (std::floor(number) != number) return std::nullopt;
    return static_cast<std::int64_t>(std::clamp(number, -kMost, kMost));
  }
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Outcome<JsonPtr> ReadBody(const http::Request& request) {
  if (request.body.empty()) return FieldBroken({"missing", {"body"}, "Field required"});
  auto document = api::ParseJson(request.body);
  if (!document) {
    return FieldBroken({"json_invalid",
                        {"body", std::int64_t{0}},
                        "JSON decode error",
                        std::make_shared<const Json>(Json{{"error", document.error().message()}})});
  }
  if (!document->value->is_object()) {
    return FieldBroken({"model_attributes_type",
                        {"body"},
                        "Input should be a valid dictionary or object to extract fields from"});
  }
  return document->value;
}

const Json* FieldOf(const Json& object, std::string_view name) {
  if (const Json* found = registry::Member(object, name)) return found;
  std::string snake;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') snake += '_';
    snake += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return registry::Member(object, snake);
}

FieldPath FieldReader::PathTo(std::string_view name) const {
  FieldPath path = at_;
  path.emplace_back(std::string(name));
  return path;
}

void FieldReader::Broken(std::string_view type, std::string_view name, std::string_view msg,
                         JsonPtr ctx) {
  faults_.push_back({std::string(type), PathTo(name), std::string(msg), std::move(ctx)});
}

Outcome<> FieldReader::Check() const {
  if (faults_.empty()) return {};
  return Failure(faults_);
}

std::optional<std::string> FieldReader::Text(std::string_view name, const TextRule& rule) {
  const Json* value = FieldOf(object_, name);
  if (value == nullptr) {
    if (rule.required) Broken("missing", name, "Field required");
    return std::nullopt;
  }
  if (!value->is_string()) {
    Broken("string_type", name, kNotText);
    return std::nullopt;
  }
  const auto& text = value->get_ref<const std::string&>();
  if (text.size() < rule.least) {
    BrokenLength("string_too_short", name, "least", "min_length", rule.least);
  } else if (text.size() > rule.most) {
    BrokenLength("string_too_long", name, "most", "max_length", rule.most);
  }
  return text;
}

void FieldReader::BrokenLength(const char* type, std::string_view name, const char* bound,
                               const char* key, std::size_t limit) {
  Broken(type, name,
         std::string("String should have at ") + bound + " " + std::to_string(limit) +
             (limit == 1 ? " character" : " characters"),
         std::make_shared<const Json>(Json{{key, limit}}));
}

std::optional<std::int64_t> FieldReader::Whole(std::string_view name, std::int64_t least) {
  const Json* value = FieldOf(object_, name);
  if (value == nullptr) return std::nullopt;
  const auto number = LenientWhole(*value);
  if (!number) {
    Broken(value->is_string() ? "int_parsing" : "int_type", name,
           "Input should be a valid integer");
  } else if (*number < least) {
    Broken("greater_than_equal", name,
           "Input should be greater than or equal to " + std::to_string(least),
           std::make_shared<const Json>(Json{{"ge", least}}));
  }
  return number;
}

bool FieldReader::Flag(std::string_view name) {
  const Json* value = FieldOf(object_, name);
  if (value == nullptr) return false;
  if (value->is_boolean()) return value->get<bool>();
  Broken("bool_type", name, "Input should be a valid boolean");
  return false;
}

const Json* FieldReader::Object(std::string_view name) {
  const Json* value = FieldOf(object_, name);
  if (value == nullptr || value->is_object()) return value;
  Broken("model_attributes_type", name,
         "Input should be a valid dictionary or object to extract fields from");
  return nullptr;
}

std::map<std::string, std::string> FieldReader::TextMap(std::string_view name, bool drop_nulls) {
  std::map<std::string, std::string> out;
  const Json* value = FieldOf(object_, name);
  if (value == nullptr) return out;
  if (!value->is_object()) {
    Broken("dict_type", name, "Input should be a valid dictionary");
    return out;
  }
  for (const auto& [key, entry] : value->items()) {
    if (entry.is_string()) {
      out[key] = entry.get<std::string>();
    } else if (!(drop_nulls && entry.is_null())) {
      FieldPath path = PathTo(name);
      path.emplace_back(key);
      faults_.push_back({"string_type", std::move(path), std::string(kNotText)});
    }
  }
  return out;
}

std::vector<std::string> FieldReader::TextList(std::string_view name, std::size_t least) {
  std::vector<std::string> out;
  const Json* value = FieldOf(object_, name);
  if (value == nullptr) return out;
  if (!value->is_array()) {
    Broken("list_type", name, "Input should be a valid list");
    return out;
  }
  if (value->size() < least) {
    Broken("too_short", name,
           "List should have at least " + std::to_string(least) + " item after validation, not " +
               std::to_string(value->size()));
  }
  for (std::size_t i = 0; i < value->size(); ++i) {
    if ((*value)[i].is_string()) {
      out.push_back((*value)[i].get<std::string>());
      continue;
    }
    FieldPath path = PathTo(name);
    path.emplace_back(static_cast<std::int64_t>(i));
    faults_.push_back({"string_type", std::move(path), std::string(kNotText)});
  }
  return out;
}

}  // namespace osbx::apiserver::opensandbox
