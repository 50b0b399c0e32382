// SPDX-License-Identifier: Apache-2.0
// The one table that says what each error code means to HTTP clients, to retry loops and to the
// shell. docs/errors.md is generated from it. Immutable.
#pragma once

#include <span>
#include <string_view>

#include "base/error.h"

namespace osbx {

enum class Retry {
  kBackoff,      // the same call may succeed later
  kAfterChange,  // only after the object, the input or the world has changed
  kNever,        // not at all
};

struct CodeRow {
  Code code;
  std::string_view name;    // also the Kubernetes Status reason where one exists
  std::string_view reason;  // Status.reason on the wire
  int http_status;
  Retry retry;
  int exit_code;  // of osbxctl
  std::string_view meaning;
};

const CodeRow& RowOf(Code code);
std::span<const CodeRow> AllCodes();

// The code an HTTP status of a peer stands for.
Code CodeOfHttpStatus(int status);

}  // namespace osbx
