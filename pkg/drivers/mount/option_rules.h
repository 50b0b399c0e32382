// SPDX-License-Identifier: Apache-2.0
// Which options of a FUSE program a user may set (weaknesses W3, W10). An option may not name a
// path of the host, credentials, or anything that changes what the mount is; may not inject
// another option, and may not make the program unmanageable (foreground, other fstype). Unknown
// names are let through, so that a newer program's options can be used. Pure; internal to the
// backends.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace osbx::mount {

struct OptionRules {
  bool comma_separated = false;              // one payload holds several options: "a,b=c"
  bool no_prefix = false;                    // "noNAME" is NAME=false (gflags)
  std::span<const std::string_view> denied;  // names with '-' written '_'
  std::span<const std::string_view> denied_prefixes;
  std::span<const std::string_view> exceptions;  // allowed although a denied prefix covers them
};

struct Option {
  std::string name;  // lower case not enforced; '-' is written '_'
  std::string value;
};

// The options a payload sets.
std::vector<Option> SplitOption(std::string_view payload, bool comma_separated);

// True when any payload sets any of the names.
bool SetsAny(const std::vector<std::string>& payloads, bool comma_separated,
             std::span<const std::string_view> names);

// One cause for each payload that breaks a rule; field "options[i]".
std::vector<Cause> CheckOptions(const std::vector<std::string>& payloads, const OptionRules& rules);

bool HasControlCharacter(std::string_view text);
// Any of ; & | ` $ ( ) < > – refused in endpoints, paths and options (§12.1 rows 10 to 12).
bool HasShellCharacter(std::string_view text);

}  // namespace osbx::mount
