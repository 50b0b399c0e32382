// SPDX-License-Identifier: Apache-2.0
// /code and its contexts (contract/execd.md §5), and the interruption of whatever an id names.
#include <nlohmann/json.hpp>

#include "execd/answers.h"
#include "execd/code_contexts.h"
#include "execd/routes.h"
#include "execd/sessions.h"

namespace osbx::execd {
namespace {

using http::Request;
using http::Response;

constexpr std::string_view kCommand = "command";
constexpr std::string_view kBackground = "background-command";
constexpr std::string_view kSql = "sql";

bool HasNoContexts(std::string_view language) {
  return language == kCommand || language == kBackground || language == kSql;
}

Json ToJson(const CodeContexts::Info& info) {
  return {{"id", info.id}, {"language", info.language}};
}

Response Failed(const Error& error) {
  if (error.code() == Code::kNotFound) return Fail(404, "CONTEXT_NOT_FOUND", error.message());
  return RuntimeError(error.message());
}

Response CreateContext(const Context& context, CodeContexts& contexts, const Request& request) {
  const auto body = ParseBody(request);
  if (!body) return BadBody(body.error().message());
  const auto language = StringOf(*body, "language");
  const auto cwd = StringOf(*body, "cwd");
  if (!language || !cwd) return BadBody("language and cwd are strings");
  if (language->empty()) return BadBody("language is empty");
  if (HasNoContexts(*language)) {
    return RuntimeError("unsupported language context operation: " + *language);
  }
  const auto path = cwd->empty() ? Result<std::string>("") : context.Path(*cwd);
  if (!path) return BadBody(path.error().message());
  const auto id = contexts.Create(*language, *path);
  if (!id) return RuntimeError("error creating code context. " + id.error().message());
  Json reply{{"id", *id}, {"language", *language}};
  if (!cwd->empty()) reply["cwd"] = *cwd;
  return Reply(reply);
}

Response ListContexts(const CodeContexts& contexts, const Request& request) {
  const std::string language(request.query.Get("language"));
  if (HasNoContexts(language)) {
    return RuntimeError("unsupported language context operation: " + language);
  }
  Json list = Json::array();
  for (const auto& info : contexts.List(language)) list.push_back(ToJson(info));
  return Reply(list);
}

Response DeleteByLanguage(CodeContexts& contexts, const Request& request) {
  const std::string language(request.query.Get("language"));
  if (language.empty()) return Fail(400, "MISSING_QUERY", "language is missing");
  for (const auto& info : contexts.List(language)) {
    const auto deleted = contexts.Delete(info.id);
    if (!deleted && deleted.error().code() != Code::kNotFound) {
      return RuntimeError(deleted.error().message());
    }
  }
  return Empty();
}

// A shell command in the clothes of code.
Response RunCommand(const Context& context, Commands& commands, const std::string& code,
                    bool background) {
  const EnvMap env = CommandEnvironment(context.env, {});
  const auto request = std::make_shared<Commands::Request>(Commands::Request{.text = code});
  UseShell(request->launch, code, env);
  request->launch.env = ToList(env);
  if (background) {
    auto spool = Spool::Create();
    if (!spool) return RuntimeError(spool.error().message());
    request->spool = *std::move(spool);
  }
  return EventStream([&commands, request](http::StreamPtr stream) {
    commands.Start(std::move(*request), std::move(stream));
  });
}

Response RunCode(const Context& context, Commands& commands, CodeContexts& contexts,
                 const Request& request) {
  const auto body = ParseBody(request);
  if (!body) return BadBody(body.error().message());
  auto code = StringOf(*body, "code");
  if (!code) return BadBody(code.error().message());
  if (code->empty()) return BadBody("code is empty");
  const Json target = body->value("context", Json());
  if (!target.is_null() && !target.is_object()) return BadBody("context is not an object");
  const auto id = target.is_null() ? Result<std::string>("") : StringOf(target, "id");
  const auto language = target.is_null() ? Result<std::string>("") : StringOf(target, "language");
  if (!id || !language) return BadBody("context.id and context.language are strings");
  const bool shell = *language == kCommand || *language == kBackground;
  if (id->empty() && (shell || language->empty())) {
    return RunCommand(context, commands, *code, *language == kBackground);
  }
  if (*language == kSql) return RuntimeError("sql is not offered by osbx-execd");
  auto claimed = contexts.Claim(*id, *language);
  if (!claimed) return RuntimeError("error running codes " + claimed.error().message());
  const std::shared_ptr<CodeContexts::Claimed> run = *std::move(claimed);
  Response response = EventStream(
      [run, code = *std::move(code)](const http::StreamPtr& stream) { run->Run(code, stream); });
  response.run = http::Where::kThread;
  return response;
}

}  // namespace

void AddCodeRoutes(RouteTable& table, const Context& context, Commands& commands,
                   CodeContexts& contexts) {
  const auto own_thread = http::Where::kThread;  // the server may take its time
  table.Add(
      "POST", "/code",
      [&](const Request& request) { return RunCode(context, commands, contexts, request); },
      own_thread);
  table.Add(
      "POST", "/code/context",
      [&](const Request& request) { return CreateContext(context, contexts, request); },
      own_thread);
  table.Add("GET", "/code/contexts",
            [&contexts](const Request& request) { return ListContexts(contexts, request); });
  table.Add(
      "DELETE", "/code/contexts",
      [&contexts](const Request& request) { return DeleteByLanguage(contexts, request); },
      own_thread);
  table.Add("GET", "/code/contexts/{id}", [&contexts](const Request& request) {
    const std::string id(http::ParamOf(request.params, "id"));
    const auto info = contexts.Find(id);
    return info ? Reply(ToJson(*info)) : Fail(404, "CONTEXT_NOT_FOUND", "no context " + id);
  });
  table.Add(
      "DELETE", "/code/contexts/{id}",
      [&contexts](const Request& request) {
        const auto deleted = contexts.Delete(std::string(http::ParamOf(request.params, "id")));
        return deleted ? Empty() : Failed(deleted.error());
      },
      own_thread);
}

void AddInterruptRoutes(RouteTable& table, Commands& commands, Sessions& sessions,
                        CodeContexts& contexts) {
  for (const char* path : {"/command", "/code"}) {
    table.Add(
        "DELETE", path,
        [&](const Request& request) {
          const std::string id(request.query.Get("id"));
          if (id.empty()) return Fail(400, "MISSING_QUERY", "id is missing");
          if (commands.Interrupt(id) || sessions.Interrupt(id)) return Empty();
          if (!contexts.Find(id)) return RuntimeError("nothing runs under the id " + id);
          const auto interrupted = contexts.Interrupt(id);
          return interrupted ? Empty() : RuntimeError(interrupted.error().message());
        },
        http::Where::kThread);
  }
}

}  // namespace osbx::execd
