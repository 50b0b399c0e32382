// SPDX-License-Identifier: Apache-2.0
// Times on execd's wire: RFC 3339 in UTC with nanoseconds. Pure.
#pragma once

#include <chrono>
#include <ctime>
#include <string>

namespace osbx::execd {

std::string FormatNs(const timespec& time);
std::string FormatNs(std::chrono::system_clock::time_point time);

}  // namespace osbx::execd
