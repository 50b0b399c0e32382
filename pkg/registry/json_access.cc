// SPDX-License-Identifier: Apache-2.0
#include "registry/json_access.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace osbx::registry {

const Json& EmptyObject() {
  static const Json empty = Json::object();
  return empty;
}

const Json* Member(const Json& value, std::string_view name) {
  if (!value.is_object()) return nullptr;
  const auto found = value.find(name);
  return found == value.end() || found->is_null() ? nullptr : &*found;
}

const Json* MemberPath(const Json& value, std::initializer_list<std::string_view> names) {
  const Json* at = &value;
  for (const std::string_view name : names) {
    at = Member(*at, name);
    if (at == nullptr) return nullptr;
  }
  return at;
}

Json* MutableMember(Json& value, std::string_view name) {
  return const_cast<Json*>(Member(value, name));
}

Json& EnsureObject(Json& value, std::string_view name) {
  Json& member = value[std::string(name)];
  if (!member.is_object()) member = Json::object();
  return member;
}

std::string_view StringMember(const Json& value, std::string_view name) {
  const Json* member = Member(value, name);
  if (member == nullptr || !member->is_string()) return {};
  return member->get_ref<const std::string&>();
}

const Json& Metadata(const Json& object) {
  const Json* metadata = Member(object, "metadata");
  return metadata != nullptr && metadata->is_object() ? *metadata : EmptyObject();
}

std::string_view MetadataString(const Json& object, std::string_view name) {
  return StringMember(Metadata(object), name);
}

bool HasString(const Json& array, std::string_view text) {
  if (!array.is_array()) return false;
  return std::any_of(array.begin(), array.end(), [&](const Json& item) {
    return item.is_string() && item.get_ref<const std::string&>() == text;
  });
}

void RemoveString(Json& object, std::string_view list, std::string_view text) {
  Json* items = MutableMember(object, list);
  if (items == nullptr || !items->is_array()) return;
  Json rest = Json::array();
  for (Json& item : *items) {
    if (!item.is_string() || item.get_ref<const std::string&>() != text) {
      rest.push_back(std::move(item));
    }
  }
  if (rest.empty()) {
    object.erase(std::string(list));
  } else {
    *items = std::move(rest);
  }
}

void AppendString(Json& object, std::string_view list, std::string_view text) {
  Json& items = object[std::string(list)];
  if (!items.is_array()) items = Json::array();
  if (!HasString(items, text)) items.push_back(std::string(text));
}

std::string Dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void DropNulls(Json& value) {
  if (value.is_object()) {
    for (auto it = value.begin(); it != value.end();) {
      if (it->is_null()) {
        it = value.erase(it);
      } else {
        DropNulls(*it);
        ++it;
      }
    }
  } else if (value.is_array()) {
    for (Json& item : value) DropNulls(item);
  }
}

}  // namespace osbx::registry
