// SPDX-License-Identifier: Apache-2.0
// A pseudo terminal, made without the library's name look-ups (a static program must not need
// them, and /dev/pts may be another container's).
#pragma once

#include <cstdint>

#include "base/result.h"
#include "base/unique_fd.h"

namespace osbx::execd {

struct Terminal {
  UniqueFd master;  // non-blocking
  UniqueFd slave;
};
// Of 80 columns and 24 rows.
Result<Terminal> OpenTerminal();
void Resize(int master, std::uint16_t columns, std::uint16_t rows);

}  // namespace osbx::execd
