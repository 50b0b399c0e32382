// SPDX-License-Identifier: Apache-2.0
// What went wrong, for programs (code, errno, HTTP status, field causes) and for people (message).
// Decisions are made on the code, never on the text. Immutable value; thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace osbx {

// After google.rpc.Code; kExpired is "the requested revision is compacted" (HTTP 410).
enum class Code {
  kInvalid,             // the input breaks a rule; repeating it cannot help
  kNotFound,            // the named thing does not exist
  kAlreadyExists,       // creating what is there already
  kConflict,            // the expected revision is stale, or a field is owned by somebody else
  kFailedPrecondition,  // valid, but not in the present state
  kPermissionDenied,    // known caller, not allowed
  kUnauthenticated,     // unknown caller
  kExhausted,           // a limit or the disk is full
  kUnavailable,         // the other side cannot be reached now; repeating may help
  kDeadlineExceeded,    // no answer in time: the outcome is unknown
  kCancelled,           // we were asked to stop
  kUnimplemented,       // known, but not offered here
  kExpired,             // the revision is older than the kept log: list again
  kInternal,            // a bug or a broken invariant
};

std::string_view CodeName(Code code);

// One broken rule of one field, as in Kubernetes' Status.details.causes.
struct Cause {
  std::string reason;  // "FieldValueRequired", "FieldValueInvalid", … (contract/kubectl.md §4.1)
  std::string field;   // "spec.volumes[0].ossfs.bucket"
  std::string message;
};

// What a Kubernetes Status says beside code, message and causes (contract/kubectl.md §4.1). Only
// the registry and the API server fill it in; everybody else leaves it absent.
struct StatusDetails {
  int http_code = 0;                  // 0: what the code table says
  std::optional<std::string> reason;  // absent: what the code table says; "": no reason at all
  std::string name;
  std::string group;  // "" (core) is omitted on the wire
  std::string kind;   // the plural resource or the Kind, whichever the case asks for
  std::string uid;
  int retry_after_seconds = 0;  // 0: none
  std::string continue_token;   // Status.metadata.continue of an expired list
};

class [[nodiscard]] Error {
 public:
  Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  // An operating-system failure: "<what>: <strerror>". The code is derived from errno.
  static Error FromErrno(int os_errno, std::string_view what);

  Code code() const { return code_; }
  const std::string& message() const { return message_; }
  int os_errno() const { return os_errno_; }        // 0 when the OS was not involved
  int http_status() const { return http_status_; }  // 0 when no HTTP peer answered
  const std::vector<Cause>& causes() const { return causes_; }
  const StatusDetails* details() const { return details_.get(); }  // null: none

  Error WithHttpStatus(int status) &&;
  Error WithCauses(std::vector<Cause> causes) &&;
  Error WithCode(Code code) &&;
  Error WithDetails(StatusDetails details) &&;
  // Adds context in front: "mount vol-1: exec ossfs2: exit 3".
  Error Wrap(std::string_view context) &&;

  // "Invalid: spec.image: Required value" – for logs.
  std::string ToString() const;

 private:
  Code code_;
  std::string message_;
  int os_errno_ = 0;
  int http_status_ = 0;
  std::vector<Cause> causes_;
  std::shared_ptr<const StatusDetails> details_;  // shared, so that an Error stays cheap to move
};

}  // namespace osbx
