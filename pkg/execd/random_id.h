// SPDX-License-Identifier: Apache-2.0
// Identifiers from the kernel's generator (base/ids.h needs OpenSSL, which a static program has
// not). Thread-safe.
#pragma once

#include <string>

namespace osbx::execd {

std::string NewId();    // 32 lower-case hex digits
std::string NewUuid();  // RFC 4122 version 4

}  // namespace osbx::execd
