// SPDX-License-Identifier: Apache-2.0
// What goes wrong in the SDK dialect: upstream's code with its HTTP status (contract/lifecycle.md
// §§1.2, 17), or the list of fields that break a body's rules (422, FastAPI's shape). Upstream
// echoes the offending input there; we never do, it may hold keys (W37). Values; pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

#include "base/error.h"
#include "base/json.h"
#include "http/message.h"

namespace osbx::apiserver::opensandbox {

using PathPart = std::variant<std::string, std::int64_t>;
using FieldPath = std::vector<PathPart>;  // {"body", "volumes", 0, "name"}

struct FieldFault {
  std::string type;  // pydantic's: "missing", "string_type", …
  FieldPath loc;
  std::string msg;
  JsonPtr ctx = nullptr;  // null: none
};

class [[nodiscard]] Failure {
 public:
  Failure(int status, std::string code, std::string message)
      : status_(status), code_(std::move(code)), message_(std::move(message)) {}
  explicit Failure(std::vector<FieldFault> faults) : status_(422), faults_(std::move(faults)) {}

  int status() const { return status_; }
  const std::string& code() const { return code_; }  // "" of a 422
  const std::string& message() const { return message_; }
  const std::vector<FieldFault>& faults() const { return faults_; }

  http::Response ToResponse() const;

 private:
  int status_;
  std::string code_;
  std::string message_;
  std::vector<FieldFault> faults_;
};

// A value or the Failure that becomes the response; works with OSBX_TRY and OSBX_CHECK.
template <class T = void>
class [[nodiscard]] Outcome : public tl::expected<T, Failure> {
 public:
  using Base = tl::expected<T, Failure>;
  using Base::Base;
  Outcome() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): `return Failure(…)`
  Outcome(Failure failure) : Base(tl::unexpect, std::move(failure)) {}
};

// ---- the cases that several endpoints share ----

Failure SandboxNotFound(std::string_view id);
Failure SnapshotNotFound(std::string_view id);
Failure InvalidParameter(std::string message);
Failure FieldBroken(FieldFault fault);
// A rule over several fields of the body (or of the value at `loc`): "Value error, …".
Failure RuleBroken(std::string_view why, FieldPath loc = {"body"});
// What the registry refused: its causes are the caller's mistake (400), a full or broken store is
// ours (500, `code`).
Failure FromRegistry(const Error& error, std::string_view code);

}  // namespace osbx::apiserver::opensandbox
