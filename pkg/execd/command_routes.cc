// SPDX-License-Identifier: Apache-2.0
// POST /command, status and logs (contract/execd.md §3).
#include <sys/stat.h>

#include <charconv>

#include <nlohmann/json.hpp>

#include "execd/answers.h"
#include "execd/routes.h"
#include "execd/times.h"
#include "execd/users.h"

namespace osbx::execd {
namespace {

constexpr std::size_t kMostLogBytes = 8U << 20;  // of one answer; the cursor leads to the rest
constexpr std::int64_t kMostId = 4'294'967'294;

using http::Request;
using http::Response;

Result<> ReadIds(const Json& body, Launch& launch) {
  OSBX_TRY(const std::int64_t uid, NumberOf(body, "uid"));
  OSBX_TRY(const std::int64_t gid, NumberOf(body, "gid"));
  if (gid >= 0 && uid < 0) return Error(Code::kInvalid, "gid needs uid");
  if (uid > kMostId || gid > kMostId) return Error(Code::kInvalid, "uid or gid is too large");
  if (uid < 0) return {};
  launch.as = CredentialsOf(static_cast<uid_t>(uid),
                            gid < 0 ? std::nullopt : std::optional(static_cast<gid_t>(gid)));
  return {};
}

Result<EnvMap> ReadEnv(const Json& body) {
  EnvMap env;
  const auto found = body.find("envs");
  if (found == body.end() || found->is_null()) return env;
  if (!found->is_object()) return Error(Code::kInvalid, "envs is not an object");
  for (const auto& [name, value] : found->items()) {
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string::npos ||
        !value.is_string()) {
      return Error(Code::kInvalid, "envs." + name + " is not a variable with a text");
    }
    env.insert_or_assign(name, value.get<std::string>());
  }
  return env;
}

// `argv` or `command`.
Result<> ReadProgram(const Json& body, const EnvMap& env, Commands::Request& request) {
  OSBX_TRY(std::string command, StringOf(body, "command"));
  const auto argv = body.find("argv");
  if (argv == body.end() || argv->is_null()) {
    if (command.empty()) return Error(Code::kInvalid, "command is empty");
    request.text = command;
    UseShell(request.launch, std::move(command), env);
    return {};
  }
  if (!command.empty()) return Error(Code::kInvalid, "command and argv exclude each other");
  if (!argv->is_array() || argv->empty()) return Error(Code::kInvalid, "argv is empty");
  std::vector<std::string> words;
  for (const Json& word : *argv) {
    if (!word.is_string()) return Error(Code::kInvalid, "argv holds something else than strings");
    words.push_back(word.get<std::string>());
    request.text += (request.text.empty() ? "" : " ") + words.back();
  }
  if (words.front().empty()) return Error(Code::kInvalid, "argv[0] is empty");
  const auto path = env.find("PATH");
  request.launch.programs = Candidates(words.front(), path == env.end() ? "" : path->second);
  request.launch.arguments.assign(words.begin() + 1, words.end());
  return {};
}

Result<> ReadDirectory(const Context& context, const Json& body, Launch& launch) {
  OSBX_TRY(const std::string cwd, StringOf(body, "cwd"));
  if (cwd.empty()) return {};
  OSBX_TRY(launch.cwd, context.Path(cwd));
  struct stat info {};
  if (stat(launch.cwd.c_str(), &info) != 0) return Error::FromErrno(errno, "cwd " + launch.cwd);
  if (!S_ISDIR(info.st_mode)) return Error(Code::kInvalid, "cwd is not a directory");
  return {};
}

Result<Commands::Request> ReadCommand(const Context& context, const Request& http) {
  OSBX_TRY(const Json body, ParseBody(http));
  Commands::Request request;
  OSBX_TRY(const bool background, BoolOf(body, "background"));
  OSBX_TRY(const std::int64_t timeout, NumberOf(body, "timeout"));
  if (timeout == 0) return Error(Code::kInvalid, "timeout is less than 1 ms");
  request.timeout = std::chrono::milliseconds(std::max<std::int64_t>(timeout, 0));
  OSBX_TRY(const EnvMap own, ReadEnv(body));
  const EnvMap env = CommandEnvironment(context.env, own);
  OSBX_CHECK(ReadProgram(body, env, request));
  OSBX_CHECK(ReadDirectory(context, body, request.launch));
  OSBX_CHECK(ReadIds(body, request.launch));
  request.launch.env = ToList(env);
  if (background) {
    OSBX_TRY(request.spool, Spool::Create());
  }
  return request;
}

Response StartCommand(const Context& context, Commands& commands, const Request& http) {
  auto request = ReadCommand(context, http);
  if (!request) return BadBody(request.error().message());
  const auto shared = std::make_shared<Commands::Request>(*std::move(request));
  return EventStream([&commands, shared](http::StreamPtr stream) {
    commands.Start(std::move(*shared), std::move(stream));
  });
}

Response Status(const Commands& commands, const Request& http) {
  const std::string id(http::ParamOf(http.params, "id"));
  const auto status = commands.Find(id);
  if (!status) return Fail(404, "INVALID_REQUEST_BODY", "no command " + id);
  Json body{{"id", status->id},
            {"content", status->text},
            {"running", status->running},
            {"started_at", FormatNs(status->started_at)}};
  if (!status->running) {
    body["exit_code"] = status->exit_code;
    body["finished_at"] = FormatNs(status->finished_at);
    if (!status->error.empty()) body["error"] = status->error;
  }
  return Reply(body);
}

Response Logs(const Commands& commands, const Request& http) {
  const std::string id(http::ParamOf(http.params, "id"));
  const auto status = commands.Find(id);
  if (!status || !status->spool) return BadBody("no background command " + id);
  std::uint64_t cursor = 0;
  const std::string_view text = http.query.Get("cursor");
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), cursor);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) cursor = 0;
  Response response = Response::Text(200, status->spool->Read(cursor, kMostLogBytes));
  const std::uint64_t end = response.body.empty() ? std::min(cursor, status->spool->Size())
                                                  : cursor + response.body.size();
  response.headers.push_back({"EXECD-COMMANDS-TAIL-CURSOR", std::to_string(end)});
  return response;
}

}  // namespace

void AddCommandRoutes(RouteTable& table, const Context& context, Commands& commands) {
  table.Add("POST", "/command", [&context, &commands](const Request& request) {
    return StartCommand(context, commands, request);
  });
  table.Add(
      "GET", "/command/status/{id}",
      [&commands](const Request& request) { return Status(commands, request); },
      http::Where::kInline);
  table.Add("GET", "/command/{id}/logs",
            [&commands](const Request& request) { return Logs(commands, request); });
}

}  // namespace osbx::execd
