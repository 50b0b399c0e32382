// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/failure.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

namespace {

Json Encode(const FieldFault& fault) {
  Json loc = Json::array();
  for (const PathPart& part : fault.loc) {
    std::visit([&loc](const auto& value) { loc.push_back(value); }, part);
  }
  Json out{{"type", fault.type}, {"loc", std::move(loc)}, {"msg", fault.msg}};
  if (fault.ctx != nullptr) out["ctx"] = *fault.ctx;
  return out;
}

// Upstream has codes of their own for what a mount cannot be made of.
std::string CodeOfField(std::string_view field) {
  for (const auto& [part, code] :
       {std::pair{".ossfs.options", "VOLUME::INVALID_OSSFS_OPTION"},
        std::pair{".ossfs.endpoint", "VOLUME::INVALID_OSSFS_ENDPOINT"}}) {
    if (field.find(part) != std::string_view::npos) return code;
  }
  return "SANDBOX::INVALID_PARAMETER";
}

}  // namespace

http::Response Failure::ToResponse() const {
  if (faults_.empty()) {
    return http::Response::Json(status_,
                                registry::Dump(Json{{"code", code_}, {"message", message_}}));
  }
  Json detail = Json::array();
  for (const FieldFault& fault : faults_) detail.push_back(Encode(fault));
  return http::Response::Json(status_, registry::Dump(Json{{"detail", std::move(detail)}}));
}

Failure SandboxNotFound(std::string_view id) {
  return {404, "DOCKER::SANDBOX_NOT_FOUND", "Sandbox " + std::string(id) + " not found."};
}

Failure SnapshotNotFound(std::string_view id) {
  return {404, "SNAPSHOT::NOT_FOUND", "Snapshot " + std::string(id) + " not found."};
}

Failure InvalidParameter(std::string message) {
  return {400, "SANDBOX::INVALID_PARAMETER", std::move(message)};
}

Failure FieldBroken(FieldFault fault) {
  return Failure(std::vector<FieldFault>{std::move(fault)});
}

Failure RuleBroken(std::string_view why, FieldPath loc) {
  return FieldBroken({.type = "value_error",
                      .loc = std::move(loc),
                      .msg = "Value error, " + std::string(why),
                      .ctx = std::make_shared<const Json>(Json{{"error", Json::object()}})});
}

Failure FromRegistry(const Error& error, std::string_view code) {
  if (error.code() != Code::kInvalid) return {500, std::string(code), error.message()};
  std::string text;
  for (const Cause& cause : error.causes()) {
    text += (text.empty() ? "" : "; ") + cause.field + ": " + cause.message;
  }
  if (text.empty()) text = error.message();
  const std::string field = error.causes().empty() ? "" : error.causes().front().field;
  return {400, CodeOfField(field), std::move(text)};
}

}  // namespace osbx::apiserver::opensandbox
