// SPDX-License-Identifier: Apache-2.0
// Validation against a structural schema, with the texts of Kubernetes' API server
// (contract/kubectl.md §4.1). Values of sensitive fields are never shown.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <nlohmann/json.hpp>

#include "api/causes.h"
#include "api/pattern.h"
#include "api/schema.h"
#include "base/base64.h"
#include "base/rfc3339.h"

namespace osbx::api {
namespace {

// 1e3 and 3.0 are integers in JSON Schema's sense.
bool IsIntegral(const Json& value) {
  if (value.is_number_integer()) return true;
  if (!value.is_number_float()) return false;
  const auto number = value.get<double>();
  return std::isfinite(number) && std::trunc(number) == number;  // exact by intent
}

// Length in code points, as Kubernetes counts.
std::size_t LengthOf(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// 10.0 is written "10" and 0.5 "0.5".
std::string NumberText(double number) {
  if (std::trunc(number) == number && std::abs(number) < 1e15) {
    return std::to_string(static_cast<std::int64_t>(number));
  }
  return Json(number).dump();
}

std::string Listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

bool IsMicroTime(const std::string& text) {
  constexpr std::size_t kDecimals = 6;
  const std::size_t dot = text.find('.');
  if (dot == std::string::npos || !ParseTime(text).has_value()) return false;
  const std::size_t end = text.find_first_not_of("0123456789", dot + 1);
  return end == dot + 1 + kDecimals;
}

bool HasFormat(const std::string& format, const std::string& text) {
  if (format == "date-time") return ParseTime(text).has_value();
  if (format == "micro-time") return IsMicroTime(text);
  if (format == "byte") return DecodeBase64(text).has_value();
  return true;
}

class Validator {
 public:
  std::vector<Cause> Take() { return std::move(causes_); }

  void Check(const Schema& schema, const Json& value, const std::string& path) {
    if (value.is_null()) {
      if (!schema.nullable && schema.type != Type::kAny) WrongTypeAt(schema, value, path);
      return;
    }
    switch (schema.type) {
      case Type::kObject:
        if (!value.is_object()) return WrongTypeAt(schema, value, path);
        return CheckObject(schema, value, path);
      case Type::kArray:
        if (!value.is_array()) return WrongTypeAt(schema, value, path);
        return CheckArray(schema, value, path);
      case Type::kString:
        if (!value.is_string()) return WrongTypeAt(schema, value, path);
        return CheckString(schema, value, path);
      case Type::kInteger:
        if (!IsIntegral(value)) return WrongTypeAt(schema, value, path);
        return CheckNumber(schema, value, path);
      case Type::kNumber:
        if (!value.is_number()) return WrongTypeAt(schema, value, path);
        return CheckNumber(schema, value, path);
      case Type::kBoolean:
        if (!value.is_boolean()) return WrongTypeAt(schema, value, path);
        return;
      case Type::kIntOrString:
        if (!value.is_string() && !value.is_number()) WrongTypeAt(schema, value, path);
        return;
      case Type::kAny:
        return;
    }
  }

 private:
  void WrongTypeAt(const Schema& schema, const Json& value, const std::string& path) {
    std::string expected = "integer or string";
    switch (schema.type) {
      case Type::kObject:
        expected = "object";
        break;
      case Type::kArray:
        expected = "array";
        break;
      case Type::kString:
        expected = "string";
        break;
      case Type::kInteger:
        // A number of the wrong kind is told by format, anything else by type.
        expected = value.is_number() && !schema.format.empty() ? schema.format : "integer";
        break;
      case Type::kNumber:
        expected = "number";
        break;
      case Type::kBoolean:
        expected = "boolean";
        break;
      default:
        break;
    }
    const bool as_float = schema.type == Type::kInteger && value.is_number_float();
    causes_.push_back(WrongType(path, expected, as_float ? "float64" : JsonTypeName(value)));
  }

  void CheckObject(const Schema& schema, const Json& value, const std::string& path) {
    for (const Property& property : schema.properties) {
      const auto member = value.find(property.name);
      if (member != value.end()) {
        Check(*property.schema, *member, Join(path, property.name));
      } else if (std::find(schema.required.begin(), schema.required.end(), property.name) !=
                 schema.required.end()) {
        causes_.push_back(Required(Join(path, property.name)));
      }
    }
    if (schema.additional != nullptr) {
      for (const auto& [key, member] : value.items()) {
        if (schema.Find(key) == nullptr) Check(*schema.additional, member, Join(path, key));
      }
    }
    for (const auto& group : schema.exactly_one_of) CheckGroup(group, true, value, path);
    for (const auto& group : schema.at_most_one_of) CheckGroup(group, false, value, path);
  }

  void CheckGroup(const std::vector<std::string>& group, bool must_have, const Json& value,
                  const std::string& path) {
    const std::string* first = nullptr;
    for (const std::string& name : group) {
      if (!value.contains(name)) continue;
      if (first == nullptr) {
        first = &name;
      } else {
        causes_.push_back(Forbidden(Join(path, name), "may not be given together with " + *first));
      }
    }
    if (first == nullptr && must_have) {
      causes_.push_back(Required(path, "exactly one of " + Listed(group) + " must be given"));
    }
  }

  void CheckArray(const Schema& schema, const Json& value, const std::string& path) {
    if (schema.max_items.has_value() && value.size() > *schema.max_items) {
      causes_.push_back(TooMany(path, value.size(), *schema.max_items));
      return;  // the elements would only repeat what is wrong
    }
    if (schema.min_items.has_value() && value.size() < *schema.min_items) {
      causes_.push_back(InvalidValue(
          path, Json(value.size()),
          path + " in body should have at least " + std::to_string(*schema.min_items) + " items"));
    }
    std::set<Json> seen;
    for (std::size_t i = 0; i < value.size(); ++i) {
      const std::string item_path = Join(path, i);
      if (schema.items != nullptr) Check(*schema.items, value[i], item_path);
      Json identity = IdentityOf(schema, value[i]);
      if (identity.is_discarded() || seen.insert(identity).second) continue;
      causes_.push_back(Duplicate(item_path, identity));
    }
  }

  // What must be unique among the elements; discarded when nothing must.
  static Json IdentityOf(const Schema& schema, const Json& item) {
    if (schema.list_type == ListType::kSet) return item;
    Json keys(Json::value_t::discarded);
    if (schema.list_type != ListType::kMap || !item.is_object()) return keys;
    for (const std::string& key : schema.list_map_keys) {
      const auto member = item.find(key);
      if (member == item.end()) continue;
      if (keys.is_discarded()) keys = Json::object();
      keys[key] = *member;
    }
    return keys;
  }

  void InvalidAt(const Schema& schema, const Json& value, const std::string& path,
                 const std::string& rule) {
    const std::string detail = path + " in body " + rule;
    causes_.push_back(schema.sensitive ? InvalidHidden(path, detail)
                                       : InvalidValue(path, value, detail));
  }

  void CheckString(const Schema& schema, const Json& value, const std::string& path) {
    const auto& text = value.get_ref<const std::string&>();
    if (schema.max_length.has_value() && LengthOf(text) > *schema.max_length) {
      causes_.push_back(TooLong(path, *schema.max_length));
      return;  // nothing more to say about a text nobody wants to read
    }
    if (schema.min_length.has_value() && LengthOf(text) < *schema.min_length) {
      InvalidAt(schema, value, path,
                "should be at least " + std::to_string(*schema.min_length) + " chars long");
    } else if (schema.compiled_pattern != nullptr && !schema.compiled_pattern->Matches(text)) {
      InvalidAt(schema, value, path, "should match '" + schema.pattern + "'");
    }
    if (!schema.enum_values.empty() &&
        std::find(schema.enum_values.begin(), schema.enum_values.end(), text) ==
            schema.enum_values.end()) {
      causes_.push_back(Unsupported(path, value, schema.enum_values));
    }
    if (!schema.format.empty() && !HasFormat(schema.format, text)) {
      // "byte" is how secrets are carried: its text is not repeated.
      const bool hidden = schema.sensitive || schema.format == "byte";
      causes_.push_back(WrongType(path, schema.format, hidden ? "string" : text));
    }
  }

  void CheckNumber(const Schema& schema, const Json& value, const std::string& path) {
    const auto number = value.get<double>();
    double minimum = -std::numeric_limits<double>::infinity();
    double maximum = std::numeric_limits<double>::infinity();
    if (schema.format == "int32") {
      minimum = std::numeric_limits<std::int32_t>::min();
      maximum = std::numeric_limits<std::int32_t>::max();
    } else if (schema.type == Type::kInteger) {
      constexpr double kBelowTwoTo63 = 9223372036854774784.0;
      minimum = -kBelowTwoTo63;
      maximum = kBelowTwoTo63;
    }
    minimum = std::max(minimum, schema.minimum.value_or(minimum));
    maximum = std::min(maximum, schema.maximum.value_or(maximum));
    if (number < minimum) {
      InvalidAt(schema, value, path, "should be greater than or equal to " + NumberText(minimum));
    } else if (number > maximum) {
      InvalidAt(schema, value, path, "should be less than or equal to " + NumberText(maximum));
    }
  }

  std::vector<Cause> causes_;
};

void CompareImmutable(const Schema& schema, const Json* old_value, const Json* new_value,
                      const std::string& path, std::vector<Cause>& causes) {
  if (schema.immutable) {
    const bool same = old_value == nullptr || new_value == nullptr ? old_value == new_value
                                                                   : *old_value == *new_value;
    if (same) return;
    const Json& shown = new_value != nullptr ? *new_value : Json();
    causes.push_back(schema.sensitive ? InvalidHidden(path, "field is immutable")
                                      : InvalidValue(path, shown, "field is immutable"));
    return;
  }
  const auto member = [](const Json* object, const std::string& name) -> const Json* {
    if (object == nullptr || !object->is_object()) return nullptr;
    const auto found = object->find(name);
    return found == object->end() ? nullptr : &*found;
  };
  for (const Property& property : schema.properties) {
    CompareImmutable(*property.schema, member(old_value, property.name),
                     member(new_value, property.name), Join(path, property.name), causes);
  }
}

}  // namespace

std::vector<Cause> Validate(const Schema& schema, const Json& value, std::string path) {
  Validator validator;
  validator.Check(schema, value, path);
  return validator.Take();
}

std::vector<Cause> ValidateUpdate(const Schema& schema, const Json& old_value,
                                  const Json& new_value) {
  std::vector<Cause> causes;
  CompareImmutable(schema, &old_value, &new_value, "", causes);
  return causes;
}

}  // namespace osbx::api
