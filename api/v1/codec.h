// SPDX-License-Identifier: Apache-2.0
// Reading and writing one field of an object: what the generated FromJson/ToJson are made of.
// Includes json.hpp, so it is for .cc files only. Pure.
//
// Read…: an absent or null field leaves `out` alone; a wrong type fills `failure` and gives false.
// Put… always writes; Put…IfSet leaves out empty values; PutIfAny leaves out a struct without any
// field to write.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "base/rfc3339.h"
#include "base/secret.h"

namespace osbx::api::v1::codec {

struct Failure {
  std::string path;  // below the value at hand: "volumes[0].name"
  std::string what;  // "must be a string"
};

Error ToError(Failure failure);
// Takes over what a nested FromJson says.
Failure FromError(const Error& error);
// Puts a member name or "[3]" in front of the path.
bool Below(Failure& failure, std::string_view segment);
bool IsObject(const Json& json, Failure& failure);

// ---- Values ----

bool Decode(const Json& json, std::string& out, Failure& failure);
bool Decode(const Json& json, bool& out, Failure& failure);
bool Decode(const Json& json, double& out, Failure& failure);
bool Decode(const Json& json, std::int64_t& out, Failure& failure);
bool Decode(const Json& json, std::int32_t& out, Failure& failure);
bool Decode(const Json& json, Time& out, Failure& failure);
bool Decode(const Json& json, Secret& out, Failure& failure);

template <class T>
requires requires(const Json& json) {
  T::FromJson(json);
}
bool Decode(const Json& json, T& out, Failure& failure) {
  auto result = T::FromJson(json);
  if (!result.has_value()) {
    failure = FromError(result.error());
    return false;
  }
  out = *std::move(result);
  return true;
}

template <class T>
bool Decode(const Json& json, std::optional<T>& out, Failure& failure) {
  return Decode(json, out.emplace(), failure);
}

template <class T>
bool Decode(const Json& json, std::vector<T>& out, Failure& failure) {
  if (!json.is_array()) {
    failure = {"", "must be a list"};
    return false;
  }
  out.clear();
  out.reserve(json.size());
  for (const Json& item : json) {
    T element{};
    if (!Decode(item, element, failure)) {
      return Below(failure, "[" + std::to_string(out.size()) + "]");
    }
    out.push_back(std::move(element));
  }
  return true;
}

template <class T>
bool Decode(const Json& json, std::map<std::string, T>& out, Failure& failure) {
  if (!IsObject(json, failure)) return false;
  out.clear();
  for (const auto& [key, value] : json.items()) {
    if (!Decode(value, out[key], failure)) return Below(failure, key);
  }
  return true;
}

template <class T>
Json Encode(const T& value) {
  if constexpr (requires { value.ToJson(); }) {
    return value.ToJson();
  } else {
    return Json(value);
  }
}

inline Json Encode(const Time& value) {
  return FormatTime(value);
}

template <class T>
Json Encode(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(Encode(value));
  return list;
}

template <class T>
Json Encode(const std::map<std::string, T>& values) {
  Json map = Json::object();
  for (const auto& [key, value] : values) map[key] = Encode(value);
  return map;
}

// ---- Fields ----

// The member, or null when it is absent or null.
const Json* Member(const Json& json, const char* key);

template <class T>
bool Read(const Json& json, const char* key, T& out, Failure& failure) {
  const Json* member = Member(json, key);
  return member == nullptr || Decode(*member, out, failure) || Below(failure, key);
}

// A string or a whole number; kept as text.
bool ReadIntOrString(const Json& json, const char* key, std::string& out, Failure& failure);
bool ReadIntOrString(const Json& json, const char* key, std::map<std::string, std::string>& out,
                     Failure& failure);
// Any value, kept as JSON text.
bool ReadText(const Json& json, const char* key, std::string& out, Failure& failure);

template <class T>
void Put(Json& json, const char* key, const T& value) {
  json[key] = Encode(value);
}

template <class T>
void PutIfSet(Json& json, const char* key, const T& value) {
  if (!value.empty()) json[key] = Encode(value);
}

template <class T>
void PutIfSet(Json& json, const char* key, const std::optional<T>& value) {
  if (value.has_value()) json[key] = Encode(*value);
}

template <class T>
void PutIfAny(Json& json, const char* key, const T& value) {
  Json encoded = value.ToJson();
  if (!encoded.empty()) json[key] = std::move(encoded);
}

void PutMicroIfSet(Json& json, const char* key, const std::optional<Time>& value);
void PutTextIfSet(Json& json, const char* key, const std::string& value);

}  // namespace osbx::api::v1::codec
