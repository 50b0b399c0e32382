// SPDX-License-Identifier: Apache-2.0
// Identifiers and digests. Thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace osbx {

std::string NewUuid();                           // RFC 4122 version 4, lower case
std::string RandomHex(std::size_t bytes);        // from the kernel's CSPRNG
std::string RandomNameSuffix(std::size_t size);  // of Kubernetes' generateName alphabet
std::string Sha256Hex(std::string_view data);    // 64 lower-case hex digits

}  // namespace osbx
