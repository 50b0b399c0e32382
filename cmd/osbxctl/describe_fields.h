// SPDX-License-Identifier: Apache-2.0
// The upper part of `describe`: names and values, by kind. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

namespace osbx::ctl {

// Name and value; a value of several lines is a list of them.
using Fields = std::vector<std::pair<std::string, std::string>>;

// What every object has, then what its kind adds. Kinds without rows of their own show their spec
// and status as YAML.
Fields FieldsOf(const Json& object, Time now);

// "Name:       web", values in one column, further lines below the first; nested by `indent`.
std::string FormatFields(const Fields& fields, std::size_t indent, bool colour);

// A value in `object`, as text; "" when it is absent.
std::string TextAt(const Json& object, const char* pointer);

// "2026-01-02T03:04:05Z (5m ago)", "(in 5m)"; "" for "".
std::string TimeText(const std::string& time, Time now);

// Where the data of a volume lives: "oss://bucket/prefix (ossfs 2.0 at ENDPOINT)", "/srv/data", …
std::string SourceText(const Json& volume);

}  // namespace osbx::ctl
