// SPDX-License-Identifier: Apache-2.0
// /session (contract/execd.md §4).
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "execd/answers.h"
#include "execd/routes.h"
#include "execd/sessions.h"

namespace osbx::execd {
namespace {

using http::Request;
using http::Response;

Response CreateSession(Sessions& sessions, const Request& request) {
  const auto body = ParseBody(request, true);
  if (!body) return BadBody(body.error().message());
  const auto cwd = StringOf(*body, "cwd");
  if (!cwd) return BadBody(cwd.error().message());
  const auto id = sessions.Create(*cwd);
  if (!id) return RuntimeError(id.error().message());
  return Reply({{"session_id", *id}});
}

Result<Sessions::Request> ReadRun(const Context& context, const Request& http) {
  OSBX_TRY(const Json body, ParseBody(http));
  Sessions::Request request{.id = std::string(http::ParamOf(http.params, "id"))};
  OSBX_TRY(request.command, StringOf(body, "command"));
  if (request.command.empty()) return Error(Code::kInvalid, "command is empty");
  OSBX_TRY(const std::int64_t timeout, NumberOf(body, "timeout"));
  request.timeout = std::chrono::milliseconds(std::max<std::int64_t>(timeout, 0));
  OSBX_TRY(const std::string cwd, StringOf(body, "cwd"));
  if (cwd.empty()) return request;
  OSBX_TRY(request.cwd, context.Path(cwd));
  struct stat info {};
  if (stat(request.cwd.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return Error(Code::kInvalid, "cwd is not a directory: " + request.cwd);
  }
  return request;
}

Response RunInSession(const Context& context, Sessions& sessions, const Request& http) {
  auto request = ReadRun(context, http);
  if (!request) return BadBody(request.error().message());
  if (const auto claimed = sessions.Claim(request->id); !claimed) {
    return RuntimeError(claimed.error().message());
  }
  return EventStream([&sessions, request = *std::move(request)](http::StreamPtr stream) {
    sessions.Start(request, std::move(stream));
  });
}

}  // namespace

void AddSessionRoutes(RouteTable& table, const Context& context, Sessions& sessions) {
  table.Add("POST", "/session",
            [&sessions](const Request& request) { return CreateSession(sessions, request); });
  table.Add("POST", "/session/{id}/run", [&context, &sessions](const Request& request) {
    return RunInSession(context, sessions, request);
  });
  table.Add("DELETE", "/session/{id}", [&sessions](const Request& request) {
    const std::string id(http::ParamOf(request.params, "id"));
    if (!sessions.Delete(id)) return Fail(404, "CONTEXT_NOT_FOUND", "no session " + id);
    return Empty();
  });
}

}  // namespace osbx::execd
