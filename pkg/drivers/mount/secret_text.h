// SPDX-License-Identifier: Apache-2.0
// Joins parts of a credential file without leaving copies of the keys on the heap. Pure; internal
// to the backends.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace osbx::mount {

inline Secret JoinSecret(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  std::string text;
  text.reserve(size);  // no reallocation, so exactly one buffer to wipe
  for (const std::string_view part : parts) text += part;
  Secret joined(text);
  for (volatile char& c : text) c = '\0';
  return joined;
}

}  // namespace osbx::mount
