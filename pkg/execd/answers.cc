// SPDX-License-Identifier: Apache-2.0
#include "execd/answers.h"

#include <nlohmann/json.hpp>

namespace osbx::execd {

http::Response Reply(const Json& body, int status) {
  return {.status = status,
          .content_type = "application/json; charset=utf-8",
          .body = body.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

http::Response Fail(int status, std::string_view code, std::string_view message) {
  return Reply({{"code", code}, {"message", message}}, status);
}

http::Response BadBody(std::string_view message) {
  return Fail(400, "INVALID_REQUEST_BODY", message);
}

http::Response RuntimeError(std::string_view message) {
  return Fail(500, "RUNTIME_ERROR", message);
}

http::Response Empty() {
  return {.content_type = ""};
}

http::Response EventStream(std::function<void(http::StreamPtr)> start) {
  http::Response response = http::Response::Stream("text/event-stream", std::move(start));
  response.headers.push_back({"Cache-Control", "no-cache"});
  response.headers.push_back({"X-Accel-Buffering", "no"});
  return response;
}

Result<Json> ParseBody(const http::Request& request, bool may_be_empty) {
  if (request.body.empty() && may_be_empty) return Json::object();
  Json body = Json::parse(request.body, nullptr, false);
  if (body.is_discarded()) return Error(Code::kInvalid, "the body is not JSON");
  if (body.is_null() && may_be_empty) return Json::object();
  return body;
}

Result<std::string> StringOf(const Json& object, const char* name, std::string otherwise) {
  if (!object.is_object()) return Error(Code::kInvalid, "the body is not a JSON object");
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return otherwise;
  if (!found->is_string()) return Error(Code::kInvalid, std::string(name) + " is not a string");
  return found->get_ref<const std::string&>();
}

Result<bool> BoolOf(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return false;
  if (!found->is_boolean()) return Error(Code::kInvalid, std::string(name) + " is not a boolean");
  return found->get<bool>();
}

Result<std::int64_t> NumberOf(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return -1;
  if (!found->is_number_integer() || found->get<std::int64_t>() < 0) {
    return Error(Code::kInvalid, std::string(name) + " is not a whole number of 0 or more");
  }
  return found->get<std::int64_t>();
}

}  // namespace osbx::execd
