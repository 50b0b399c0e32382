// SPDX-License-Identifier: Apache-2.0
// /pty (contract/execd.md §8).
#include <sys/stat.h>

#include <charconv>

#include <nlohmann/json.hpp>

#include "execd/answers.h"
#include "execd/ptys.h"
#include "execd/routes.h"

namespace osbx::execd {
namespace {

using http::Request;
using http::Response;

// bash, which starts without the image's own files, or sh; kNotFound without either.
Result<> UseInteractiveShell(Launch& launch, const EnvMap& env) {
  const auto path = env.find("PATH");
  for (const char* name : {"bash", "sh"}) {
    for (auto& candidate : Candidates(name, path == env.end() ? "" : path->second)) {
      if (access(candidate.path.c_str(), X_OK) != 0) continue;
      launch.programs = {std::move(candidate)};
      if (name == std::string_view("bash")) launch.arguments = {"--norc", "--noprofile"};
      return {};
    }
  }
  return Error(Code::kNotFound, "this image has no shell");
}

Result<Launch> ReadLaunch(const Context& context, const Request& request) {
  OSBX_TRY(const Json body, ParseBody(request, true));
  OSBX_TRY(const std::string cwd, StringOf(body, "cwd"));
  OSBX_TRY(const std::string command, StringOf(body, "command"));
  EnvMap env = CommandEnvironment(context.env, {});
  env.emplace("TERM", "xterm-256color");
  Launch launch{.env = ToList(env)};
  if (!cwd.empty()) {
    OSBX_TRY(launch.cwd, context.Path(cwd));
    struct stat info {};
    if (stat(launch.cwd.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
      return Error(Code::kInvalid, "cwd is not a directory: " + launch.cwd);
    }
  }
  OSBX_CHECK(UseInteractiveShell(launch, env));
  if (!command.empty()) UseShell(launch, command, env);
  return launch;
}

Response CreatePty(const Context& context, Ptys& ptys, const Request& request) {
  auto launch = ReadLaunch(context, request);
  if (!launch && launch.error().code() == Code::kNotFound) {
    return Fail(501, "NOT_SUPPORTED", launch.error().message());
  }
  if (!launch) return BadBody(launch.error().message());
  const auto id = ptys.Create(*std::move(launch));
  if (!id) return RuntimeError(id.error().message());
  return Reply({{"session_id", *id}}, 201);
}

Response Unknown(const Request& request) {
  return Fail(404, "CONTEXT_NOT_FOUND",
              "no terminal session " + std::string(http::ParamOf(request.params, "id")));
}

// Runs on the io thread.
void Connect(EventLoop& loop, const std::shared_ptr<Pty>& pty, PtyClientPtr client,
             http::WebSocketPtr socket) {
  client->socket = std::move(socket);
  const std::weak_ptr<PtyClient> weak = client;  // the socket holds what it is given here
  const auto readable = [&loop, pty, weak] {
    loop.Post([pty, weak] {
      if (const auto held = weak.lock()) pty->OnReadable(held);
    });
  };
  client->socket->OnReadable(readable);
  client->socket->OnEnd(readable);
  client->socket->OnRoom([&loop, pty] { loop.Post([pty] { pty->OnRoom(); }); });
  loop.Post([pty, client = std::move(client)] { pty->Attach(client); });
}

Response Upgrade(const Context& context, const Ptys& ptys, const Request& request) {
  const auto pty = ptys.Find(http::ParamOf(request.params, "id"));
  if (!pty) return Unknown(request);
  std::uint64_t since = 0;
  const std::string_view text = request.query.Get("since");
  std::from_chars(text.data(), text.data() + text.size(), since);
  const auto client = pty->Claim(request.query.Flag("takeover"));
  if (!client) return Fail(409, "ALREADY_CONNECTED", "another client holds the session");
  client->since = since;
  client->terminal = request.query.Get("pty") != "0";
  // In a box: the function lives as long as the connection, the hold only as long as the client.
  const auto box = std::make_shared<PtyClientPtr>(client);
  return Response::Upgrade(
      "",
      [&loop = context.loop, pty, box](http::WebSocketPtr socket) {
        Connect(loop, pty, std::exchange(*box, nullptr), std::move(socket));
      },
      http::Where::kInline);
}

}  // namespace

void AddPtyRoutes(RouteTable& table, const Context& context, Ptys& ptys) {
  table.Add("POST", "/pty", [&context, &ptys](const Request& request) {
    return CreatePty(context, ptys, request);
  });
  table.Add(
      "GET", "/pty/{id}",
      [&ptys](const Request& request) {
        const auto pty = ptys.Find(http::ParamOf(request.params, "id"));
        if (!pty) return Unknown(request);
        return Reply({{"session_id", pty->id()},
                      {"running", pty->Running()},
                      {"output_offset", pty->OutputOffset()}});
      },
      http::Where::kInline);
  table.Add(
      "DELETE", "/pty/{id}",
      [&ptys](const Request& request) {
        return ptys.Delete(http::ParamOf(request.params, "id")) ? Empty() : Unknown(request);
      },
      http::Where::kInline);
  table.Add(
      "GET", "/pty/{id}/ws",
      [&context, &ptys](const Request& request) { return Upgrade(context, ptys, request); },
      http::Where::kInline);
}

}  // namespace osbx::execd
