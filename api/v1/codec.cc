// SPDX-License-Identifier: Apache-2.0
#include "api/v1/codec.h"

#include <cmath>

namespace osbx::api::v1::codec {
namespace {

bool Fail(Failure& failure, const char* what) {
  failure = {"", what};
  return false;
}

bool TextOfIntOrString(const Json& json, std::string& out, Failure& failure) {
  if (json.is_string()) {
    out = json.get_ref<const std::string&>();
    return true;
  }
  if (json.is_number()) {  // a fraction such as cpu: 0.5 keeps its shortest text
    out = json.dump();
    return true;
  }
  return Fail(failure, "must be a string or a number");
}

}  // namespace

Error ToError(Failure failure) {
  std::string message = failure.path.empty() ? failure.what : failure.path + ": " + failure.what;
  return Error(Code::kInvalid, std::move(message))
      .WithCauses({{"FieldValueTypeInvalid", std::move(failure.path), std::move(failure.what)}});
}

Failure FromError(const Error& error) {
  if (error.causes().empty()) return {"", error.message()};
  return {error.causes().front().field, error.causes().front().message};
}

bool Below(Failure& failure, std::string_view segment) {
  std::string path(segment);
  if (!failure.path.empty() && failure.path.front() != '[') path += '.';
  failure.path = path + failure.path;
  return false;
}

bool IsObject(const Json& json, Failure& failure) {
  return json.is_object() || Fail(failure, "must be an object");
}

bool Decode(const Json& json, std::string& out, Failure& failure) {
  if (!json.is_string()) return Fail(failure, "must be a string");
  out = json.get_ref<const std::string&>();
  return true;
}

bool Decode(const Json& json, bool& out, Failure& failure) {
  if (!json.is_boolean()) return Fail(failure, "must be a boolean");
  out = json.get<bool>();
  return true;
}

bool Decode(const Json& json, double& out, Failure& failure) {
  if (!json.is_number()) return Fail(failure, "must be a number");
  out = json.get<double>();
  return true;
}

bool Decode(const Json& json, std::int64_t& out, Failure& failure) {
  constexpr double kLimit = 9.0e18;  // below 2^63, so that the conversion is defined
  if (json.is_number_unsigned()) {
    const auto value = json.get<std::uint64_t>();
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return Fail(failure, "is out of range");
    }
    out = static_cast<std::int64_t>(value);
    return true;
  }
  if (json.is_number_integer()) {
    out = json.get<std::int64_t>();
    return true;
  }
  if (!json.is_number_float()) return Fail(failure, "must be an integer");
  const auto value = json.get<double>();
  if (!(std::abs(value) < kLimit) || std::trunc(value) < value || std::trunc(value) > value) {
    return Fail(failure, "must be an integer");
  }
  out = static_cast<std::int64_t>(value);
  return true;
}

bool Decode(const Json& json, std::int32_t& out, Failure& failure) {
  std::int64_t wide = 0;
  if (!Decode(json, wide, failure)) return false;
  if (wide < std::numeric_limits<std::int32_t>::min() ||
      wide > std::numeric_limits<std::int32_t>::max()) {
    return Fail(failure, "is out of range");
  }
  out = static_cast<std::int32_t>(wide);
  return true;
}

bool Decode(const Json& json, Time& out, Failure& failure) {
  if (!json.is_string()) return Fail(failure, "must be a string");
  auto time = ParseTime(json.get_ref<const std::string&>());
  if (!time.has_value()) return Fail(failure, "must be an RFC 3339 time");
  out = *time;
  return true;
}

bool Decode(const Json& json, Secret& out, Failure& failure) {
  if (!json.is_string()) return Fail(failure, "must be a string");
  out = Secret(json.get_ref<const std::string&>());
  return true;
}

const Json* Member(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() || found->is_null() ? nullptr : &*found;
}

bool ReadIntOrString(const Json& json, const char* key, std::string& out, Failure& failure) {
  const Json* member = Member(json, key);
  return member == nullptr || TextOfIntOrString(*member, out, failure) || Below(failure, key);
}

bool ReadIntOrString(const Json& json, const char* key, std::map<std::string, std::string>& out,
                     Failure& failure) {
  const Json* member = Member(json, key);
  if (member == nullptr) return true;
  if (!IsObject(*member, failure)) return Below(failure, key);
  out.clear();
  for (const auto& [name, value] : member->items()) {
    if (!TextOfIntOrString(value, out[name], failure)) {
      Below(failure, name);
      return Below(failure, key);
    }
  }
  return true;
}

bool ReadText(const Json& json, const char* key, std::string& out, Failure& /*failure*/) {
  const Json* member = Member(json, key);
  if (member != nullptr) out = member->dump();
  return true;
}

void PutMicroIfSet(Json& json, const char* key, const std::optional<Time>& value) {
  if (value.has_value()) json[key] = FormatMicroTime(*value);
}

void PutTextIfSet(Json& json, const char* key, const std::string& value) {
  if (value.empty()) return;
  Json parsed = Json::parse(value, nullptr, false);
  if (!parsed.is_discarded()) json[key] = std::move(parsed);
}

}  // namespace osbx::api::v1::codec
