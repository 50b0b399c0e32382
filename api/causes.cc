// SPDX-License-Identifier: Apache-2.0
#include "api/causes.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace osbx::api {
namespace {

std::string Shown(const Json& value) {
  if (value.is_structured()) return "\"" + std::string(JsonTypeName(value)) + "\"";
  return DumpForPeople(value);
}

}  // namespace

Cause Required(std::string field, std::string_view detail) {
  std::string message = "Required value";
  if (!detail.empty()) message.append(": ").append(detail);
  return {"FieldValueRequired", std::move(field), std::move(message)};
}

Cause InvalidValue(std::string field, const Json& value, std::string_view detail) {
  return {"FieldValueInvalid", std::move(field),
          "Invalid value: " + Shown(value) + ": " + std::string(detail)};
}

Cause InvalidText(std::string field, std::string_view value, std::string_view detail) {
  return InvalidValue(std::move(field), Json(value), detail);
}

Cause InvalidHidden(std::string field, std::string_view detail) {
  return InvalidText(std::move(field), "(hidden)", detail);
}

Cause WrongType(const std::string& field, std::string_view expected, std::string_view actual) {
  const std::string shown = "\"" + std::string(actual) + "\"";
  return {"FieldValueTypeInvalid", field,
          "Invalid value: " + shown + ": " + (field.empty() ? "" : field + " ") +
              "in body must be of type " + std::string(expected) + ": " + shown};
}

Cause Unsupported(std::string field, const Json& value, const std::vector<std::string>& supported) {
  std::string message = "Unsupported value: " + Shown(value) + ": supported values: ";
  for (std::size_t i = 0; i < supported.size(); ++i) {
    message += (i == 0 ? "" : ", ") + DumpForPeople(Json(supported[i]));
  }
  return {"FieldValueNotSupported", std::move(field), std::move(message)};
}

Cause Duplicate(std::string field, const Json& value) {
  return {"FieldValueDuplicate", std::move(field), "Duplicate value: " + DumpForPeople(value)};
}

Cause Forbidden(std::string field, std::string_view detail) {
  return {"FieldValueForbidden", std::move(field), "Forbidden: " + std::string(detail)};
}

Cause TooLong(std::string field, std::size_t max_length) {
  return {"FieldValueTooLong", std::move(field),
          "Too long: may not be more than " + std::to_string(max_length) + " bytes"};
}

Cause TooMany(std::string field, std::size_t actual, std::size_t max_items) {
  return {"FieldValueTooMany", std::move(field),
          "Too many: " + std::to_string(actual) + ": must have at most " +
              std::to_string(max_items) + " items"};
}

std::string_view JsonTypeName(const Json& value) {
  switch (value.type()) {
    case Json::value_t::object:
      return "object";
    case Json::value_t::array:
      return "array";
    case Json::value_t::string:
      return "string";
    case Json::value_t::boolean:
      return "boolean";
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return "integer";
    case Json::value_t::number_float:
      return "number";
    default:
      return "null";
  }
}

std::string DumpForPeople(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string Join(std::string_view path, std::string_view field) {
  std::string out(path);
  if (!out.empty()) out += '.';
  return out.append(field);
}

std::string Join(std::string_view path, std::size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

std::string JoinKey(std::string_view path, std::string_view key) {
  return std::string(path).append("[").append(key).append("]");
}

}  // namespace osbx::api
