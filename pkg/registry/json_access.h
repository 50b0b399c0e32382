// SPDX-License-Identifier: Apache-2.0
// Reading API objects without exceptions: a field of the wrong type counts as absent. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace osbx::registry {

const Json& EmptyObject();

// The member, or null when `value` is no object, has no such member or the member is JSON null.
const Json* Member(const Json& value, std::string_view name);
const Json* MemberPath(const Json& value, std::initializer_list<std::string_view> names);
Json* MutableMember(Json& value, std::string_view name);

// The member as an object, made (or replaced) when it is none.
Json& EnsureObject(Json& value, std::string_view name);

// "" when absent or not a string. The view lives as long as `value`.
std::string_view StringMember(const Json& value, std::string_view name);

const Json& Metadata(const Json& object);  // an empty object when absent
std::string_view MetadataString(const Json& object, std::string_view name);

bool HasString(const Json& array, std::string_view text);  // false unless it is an array with it
// Removes the string from the list member; a list that becomes empty goes.
void RemoveString(Json& object, std::string_view list, std::string_view text);
void AppendString(Json& object, std::string_view list, std::string_view text);  // once

// Compact JSON; bytes that are not UTF-8 are replaced.
std::string Dump(const Json& value);

// Removes members that are null, below objects and inside lists alike.
void DropNulls(Json& value);

}  // namespace osbx::registry
