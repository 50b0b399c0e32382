// SPDX-License-Identifier: Apache-2.0
#include "base/code_table.h"

#include <array>

namespace osbx {
namespace {

constexpr std::array kRows{
    CodeRow{Code::kInvalid, "Invalid", "Invalid", 422, Retry::kAfterChange, 1,
            "The input breaks a rule; the message names the field."},
    CodeRow{Code::kNotFound, "NotFound", "NotFound", 404, Retry::kAfterChange, 1,
            "The named thing does not exist."},
    CodeRow{Code::kAlreadyExists, "AlreadyExists", "AlreadyExists", 409, Retry::kAfterChange, 1,
            "Something of that name exists already."},
    CodeRow{Code::kConflict, "Conflict", "Conflict", 409, Retry::kBackoff, 1,
            "The object was changed meanwhile, or a field belongs to another manager."},
    CodeRow{Code::kFailedPrecondition, "FailedPrecondition", "Conflict", 409, Retry::kAfterChange,
            1, "Valid, but not in the present state."},
    CodeRow{Code::kPermissionDenied, "PermissionDenied", "Forbidden", 403, Retry::kNever, 1,
            "The caller or the daemon is not allowed to do this."},
    CodeRow{Code::kUnauthenticated, "Unauthenticated", "Unauthorized", 401, Retry::kNever, 1,
            "The token is missing or wrong."},
    CodeRow{Code::kExhausted, "Exhausted", "TooManyRequests", 429, Retry::kBackoff, 1,
            "A limit, a quota or the disk is full."},
    CodeRow{Code::kUnavailable, "Unavailable", "ServiceUnavailable", 503, Retry::kBackoff, 1,
            "The other side cannot be reached now."},
    CodeRow{Code::kDeadlineExceeded, "DeadlineExceeded", "Timeout", 504, Retry::kBackoff, 1,
            "No answer in time; the outcome is unknown."},
    CodeRow{Code::kCancelled, "Cancelled", "ServiceUnavailable", 503, Retry::kBackoff, 130,
            "The operation was stopped on request."},
    CodeRow{Code::kUnimplemented, "Unimplemented", "MethodNotAllowed", 405, Retry::kNever, 1,
            "Known, but not offered here."},
    CodeRow{Code::kExpired, "Expired", "Expired", 410, Retry::kAfterChange, 1,
            "The revision is older than the kept history: list again."},
    CodeRow{Code::kInternal, "Internal", "InternalError", 500, Retry::kBackoff, 1,
            "A bug or a broken invariant in osbx."},
};

}  // namespace

const CodeRow& RowOf(Code code) {
  for (const CodeRow& row : kRows) {
    if (row.code == code) return row;
  }
  return kRows.back();
}

std::span<const CodeRow> AllCodes() {
  return kRows;
}

Code CodeOfHttpStatus(int status) {
  switch (status) {
    case 400:
    case 422:
      return Code::kInvalid;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kPermissionDenied;
    case 404:
      return Code::kNotFound;
    case 405:
    case 501:
      return Code::kUnimplemented;
    case 409:
      return Code::kConflict;
    case 410:
      return Code::kExpired;
    case 429:
      return Code::kExhausted;
    case 408:
    case 504:
      return Code::kDeadlineExceeded;
    case 502:
    case 503:
      return Code::kUnavailable;
    default:
      return Code::kInternal;
  }
}

}  // namespace osbx
