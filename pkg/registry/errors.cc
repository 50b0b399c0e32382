// SPDX-License-Identifier: Apache-2.0
#include "registry/errors.h"

#include <nlohmann/json.hpp>

#include "registry/json_access.h"

namespace osbx::registry {
namespace {

StatusDetails ResourceDetails(const api::Kind& kind, std::string_view name) {
  StatusDetails details;
  details.name = name;
  details.group = kind.group;
  details.kind = kind.plural;
  return details;
}

std::string Join(const std::vector<Cause>& causes) {
  std::string text;
  for (const Cause& cause : causes) {
    if (!text.empty()) text += ", ";
    text += cause.field.empty() ? cause.message : cause.field + ": " + cause.message;
  }
  return causes.size() == 1 ? text : "[" + text + "]";
}

Error InvalidOf(const std::string& what, std::string_view name, StatusDetails details,
                std::vector<Cause> causes) {
  std::string message = what + " " + Quoted(name) + " is invalid";
  if (!causes.empty()) message += ": " + Join(causes);
  return Error(Code::kInvalid, std::move(message))
      .WithCauses(std::move(causes))
      .WithDetails(std::move(details));
}

}  // namespace

std::string Quoted(std::string_view text) {
  return Dump(Json(text));
}

Error NotFound(const api::Kind& kind, std::string_view name) {
  return Error(Code::kNotFound, kind.QualifiedPlural() + " " + Quoted(name) + " not found")
      .WithDetails(ResourceDetails(kind, name));
}

Error AlreadyExists(const api::Kind& kind, std::string_view name) {
  return Error(Code::kAlreadyExists,
               kind.QualifiedPlural() + " " + Quoted(name) + " already exists")
      .WithDetails(ResourceDetails(kind, name));
}

Error Conflicting(const api::Kind& kind, std::string_view name, std::string_view why) {
  return Error(Code::kConflict, "Operation cannot be fulfilled on " + kind.QualifiedPlural() + " " +
                                    Quoted(name) + ": " + std::string(why))
      .WithDetails(ResourceDetails(kind, name));
}

Error Stale(const api::Kind& kind, std::string_view name) {
  return Conflicting(kind, name,
                     "the object has been modified; please apply your changes to the latest "
                     "version and try again");
}

Error Forbidden(const api::Kind& kind, std::string_view name, std::string_view why,
                std::vector<Cause> causes) {
  return Error(Code::kPermissionDenied,
               kind.QualifiedPlural() + " " + Quoted(name) + " is forbidden: " + std::string(why))
      .WithCauses(std::move(causes))
      .WithDetails(ResourceDetails(kind, name));
}

Error Invalid(const api::Kind& kind, std::string_view name, std::vector<Cause> causes) {
  StatusDetails details = ResourceDetails(kind, name);
  details.kind = kind.kind;
  return InvalidOf(kind.QualifiedKind(), name, std::move(details), std::move(causes));
}

Error InvalidRequest(const api::Kind& kind, std::string_view name, std::vector<Cause> causes) {
  return InvalidOf(kind.QualifiedPlural(), name, ResourceDetails(kind, name), std::move(causes));
}

Error InvalidOptions(std::string_view options, std::vector<Cause> causes) {
  StatusDetails details;
  details.group = "meta.k8s.io";
  details.kind = options;
  return InvalidOf(std::string(options) + ".meta.k8s.io", "", std::move(details),
                   std::move(causes));
}

Error BadRequest(std::string message) {
  StatusDetails details;
  details.http_code = 400;
  details.reason = "BadRequest";
  return Error(Code::kInvalid, std::move(message)).WithDetails(std::move(details));
}

Error StrictPatch(const std::vector<std::string>& faults) {
  std::string text = "strict decoding error: ";
  for (std::size_t i = 0; i < faults.size(); ++i) text += (i == 0 ? "" : ", ") + faults[i];
  return InvalidOf("", "", {},
                   {{"FieldValueInvalid", "patch", "Invalid value: \"{..}\": " + text}});
}

Error UnprocessablePatch() {
  return Error(Code::kInvalid, "the server rejected our request due to an error in our request")
      .WithDetails({});
}

Error ServerError(std::string text) {
  StatusDetails details;
  details.http_code = 500;
  details.reason = "";
  return Error(Code::kInternal, std::move(text)).WithDetails(std::move(details));
}

Error FutureRevision(std::string_view wanted, std::int64_t current) {
  StatusDetails details;
  details.retry_after_seconds = 1;
  return Error(Code::kDeadlineExceeded,
               "Timeout: Too large resource version: " + std::string(wanted) +
                   ", current: " + std::to_string(current))
      .WithCauses({{"ResourceVersionTooLarge", "", "Too large resource version"}})
      .WithDetails(std::move(details));
}

Error ExpiredList(std::string continue_token) {
  if (continue_token.empty()) {
    return Error(Code::kExpired, "The resourceVersion for the provided list is too old.");
  }
  StatusDetails details;
  details.continue_token = std::move(continue_token);
  return Error(Code::kExpired,
               "The provided continue parameter is too old to display a consistent list result. "
               "You can start a new list without the continue parameter, or use the continue "
               "token in this response to retrieve the remainder of the results. Continuing with "
               "the provided token results in an inconsistent list - objects that were created, "
               "modified, or deleted between the time the first chunk was returned and now may "
               "show up in the list.")
      .WithDetails(std::move(details));
}

}  // namespace osbx::registry
