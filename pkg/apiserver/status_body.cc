// SPDX-License-Identifier: Apache-2.0
#include "apiserver/status_body.h"

#include <nlohmann/json.hpp>

#include "base/code_table.h"
#include "registry/errors.h"
#include "registry/json_access.h"

namespace osbx::apiserver {

namespace {

Json DetailsOf(const Error& error) {
  Json out = Json::object();
  const StatusDetails* details = error.details();
  if (details != nullptr) {
    if (!details->name.empty()) out["name"] = details->name;
    if (!details->group.empty()) out["group"] = details->group;
    if (!details->kind.empty()) out["kind"] = details->kind;
    if (!details->uid.empty()) out["uid"] = details->uid;
    if (details->retry_after_seconds > 0) {
      out["retryAfterSeconds"] = details->retry_after_seconds;
    }
  }
  for (const Cause& cause : error.causes()) {
    Json entry = Json::object();
    if (!cause.reason.empty()) entry["reason"] = cause.reason;
    entry["message"] = cause.message;
    if (!cause.field.empty()) entry["field"] = cause.field;
    out["causes"].push_back(std::move(entry));
  }
  return out;
}

}  // namespace

int HttpCodeOf(const Error& error) {
  const StatusDetails* details = error.details();
  if (details != nullptr && details->http_code != 0) return details->http_code;
  return RowOf(error.code()).http_status;
}

Json StatusOf(const Error& error) {
  Json status = {{"kind", "Status"},    {"apiVersion", "v1"},         {"metadata", Json::object()},
                 {"status", "Failure"}, {"message", error.message()}, {"code", HttpCodeOf(error)}};
  const StatusDetails* details = error.details();
  std::string reason(RowOf(error.code()).reason);
  if (details != nullptr && details->reason) reason = *details->reason;
  if (!reason.empty()) status["reason"] = std::move(reason);
  if (details != nullptr && !details->continue_token.empty()) {
    status["metadata"]["continue"] = details->continue_token;
  }
  Json out = DetailsOf(error);
  if (!out.empty() || details != nullptr) status["details"] = std::move(out);
  return status;
}

http::Response FromError(const Error& error) {
  http::Response response =
      http::Response::Json(HttpCodeOf(error), registry::Dump(StatusOf(error)));
  const StatusDetails* details = error.details();
  if (details != nullptr && details->retry_after_seconds > 0) {
    response.headers.push_back({"Retry-After", std::to_string(details->retry_after_seconds)});
  }
  return response;
}

http::Response PageNotFound() {
  return http::Response::Text(404, "404 page not found\n");
}

std::string DeletedStatus(const api::Kind& kind, std::string_view name, std::string_view uid) {
  Json details = {{"name", name}, {"kind", kind.plural}, {"uid", uid}};
  if (!kind.group.empty()) details["group"] = kind.group;
  return registry::Dump(Json{{"kind", "Status"},
                             {"apiVersion", "v1"},
                             {"metadata", Json::object()},
                             {"status", "Success"},
                             {"details", std::move(details)}});
}

Error MethodNotSupported(const api::Kind& kind, std::string_view verb) {
  StatusDetails details;
  details.http_code = 405;
  details.reason = "MethodNotAllowed";
  details.group = kind.group;
  details.kind = kind.plural;
  const std::string message =
      kind.group.empty() ? "the server does not allow this method on the requested resource"
                         : std::string(verb) + " is not supported on resources of kind \"" +
                               kind.QualifiedPlural() + "\"";
  return Error(Code::kUnimplemented, message).WithDetails(std::move(details));
}

}  // namespace osbx::apiserver
