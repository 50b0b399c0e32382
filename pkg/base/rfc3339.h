// SPDX-License-Identifier: Apache-2.0
// Times on the wire. Formats are Kubernetes': Time in whole seconds, MicroTime with six decimals,
// always "Z". Parsing accepts any RFC 3339 offset and fraction (contract/kubectl.md §1.1 finding
// 7). Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace osbx {

std::string FormatTime(Time time);       // 2026-01-02T03:04:05Z
std::string FormatMicroTime(Time time);  // 2026-01-02T03:04:05.000006Z
// Years from 1678 to 2261.
Result<Time> ParseTime(std::string_view text);

// Age as kubectl prints it: "5m", "3h12m" (contract/kubectl.md §4.6).
std::string FormatAge(Duration age);

}  // namespace osbx
