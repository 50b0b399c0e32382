// SPDX-License-Identifier: Apache-2.0
// Reads fields of foreign JSON without exceptions: what is absent or of another type gives the
// default. For .cc files of this folder only (it is the one header here that knows the JSON
// library).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace osbx::docker {

// A discarded value (no object, no array) on garbage; never throws.
Json ParseLenient(std::string_view text);

const Json& At(const Json& object, const char* key);        // null when absent
const Json& ObjectAt(const Json& object, const char* key);  // {} when absent or no object
const Json& ArrayAt(const Json& object, const char* key);   // [] when absent or no array
std::string StringAt(const Json& object, const char* key);
std::int64_t IntAt(const Json& object, const char* key);
std::uint64_t UintAt(const Json& object, const char* key);
int SmallIntAt(const Json& object, const char* key);  // 0 when it does not fit
bool BoolAt(const Json& object, const char* key);
std::map<std::string, std::string> LabelsAt(const Json& object, const char* key);
std::vector<std::string> StringsAt(const Json& object, const char* key);

}  // namespace osbx::docker
