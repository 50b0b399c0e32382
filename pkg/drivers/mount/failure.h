// SPDX-License-Identifier: Apache-2.0
// Why a mount failed: what a FUSE program left behind (exit code, output, log) turned into an Error
// with a code for programs and a reason word for conditions and events. The reason is in the
// error's first cause. Secrets are cut out of all text. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/reason.h"
#include "base/subprocess.h"
#include "drivers/mount/backend.h"

namespace osbx::mount {

// An Error whose first cause carries `reason_word`.
Error Failure(Code code, std::string_view reason_word, std::string message);

struct Leftovers {
  ExitStatus status;
  std::string output;    // stdout and stderr
  std::string log_tail;  // of the program's own log
};

Error ClassifyFailure(const Backend& backend, const Leftovers& leftovers,
                      const Credentials& credentials);

// Replaces every occurrence of a key by "***", control characters by blanks, and keeps the last
// `max_bytes`.
std::string Redact(std::string_view text, const Credentials& credentials,
                   std::size_t max_bytes = 1024);

}  // namespace osbx::mount
