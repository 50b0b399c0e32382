// SPDX-License-Identifier: Apache-2.0
#include "execd/server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "base/atomic_file.h"
#include "execd/answers.h"
#include "execd/routes.h"

namespace osbx::execd {
namespace {

constexpr std::size_t kMostToken = 4096;
constexpr std::size_t kWorkers = 8;             // file operations at a time
constexpr std::size_t kMostConversations = 64;  // transfers with a thread of their own
constexpr std::size_t kMostBody = 64U << 20;    // of a JSON body
constexpr mode_t kSocketMode = 0666;  // any user's processes; the token decides, and on the host
                                      // the directory above is root's alone

std::string WorkingDirectory() {
  std::string path(PATH_MAX, '\0');
  if (getcwd(path.data(), path.size()) == nullptr) return "/";
  path.resize(path.find('\0'));
  return path;
}

std::string Trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

}  // namespace

void RouteTable::Add(std::string method, std::string pattern, http::Handler handler,
                     http::Where where) {
  Add({.method = std::move(method),
       .pattern = std::move(pattern),
       .handler = std::move(handler),
       .where = where});
}

void RouteTable::Add(http::Route route) {
  routes_.push_back(std::move(route));
}

http::Router RouteTable::Build() {
  http::Router router;
  for (const http::Route& route : routes_) {
    router.Add(route);
    if (route.method == "*") continue;
    http::Route other = route;
    other.method = "*";
    other.where = http::Where::kInline;
    other.body = http::BodyKind::kString;
    other.handler = [](const http::Request&) {
      return http::Response::Text(404, "404 page not found");
    };
    router.Add(std::move(other));
  }
  router.SetNotFound(
      [](const http::Request&) { return http::Response::Text(404, "404 page not found"); });
  return router;
}

ApiServer::ApiServer(EventLoop& loop, const EnvMap& env, const InitOptions& options)
    : options_(options),
      context_{.loop = loop, .env = env, .cwd = WorkingDirectory()},
      commands_(context_),
      sessions_(context_),
      ptys_(context_),
      code_contexts_(options.jupyter_host, options.jupyter_token) {
  const auto keep = env.find("OSBX_EXECD_KEEP_EOL");
  context_.keep_eol = keep != env.end() && keep->second == "1";
}

ApiServer::~ApiServer() {
  if (server_) server_->Stop(std::chrono::milliseconds(0));
}

Result<> ApiServer::ReadToken() {
  token_ = options_.access_token;
  if (!token_.Empty()) return {};
  std::string path = options_.token_file;
  if (path.empty() && !options_.socket_path.empty()) {
    path = options_.socket_path.substr(0, options_.socket_path.rfind('/') + 1) + "token";
  }
  if (!path.empty()) {
    const auto text = ReadFile(path, kMostToken);
    if (text) {
      token_ = Secret(Trimmed(*text));
      unlink(path.c_str());  // in a directory that is not ours its writer removes it
      if (token_.Empty()) return Error(Code::kInvalid, "token file " + path + " is empty");
      return {};
    }
    if (!options_.token_file.empty() || text.error().os_errno() != ENOENT) return text.error();
  }
  if (const auto found = context_.env.find("EXECD_ACCESS_TOKEN"); found != context_.env.end()) {
    token_ = Secret(found->second);
  }
  return {};
}

std::optional<http::Response> ApiServer::Gate(const http::Request& request) const {
  const bool right = !token_.Empty() && Secret(request.HeaderOf("X-EXECD-ACCESS-TOKEN")) == token_;
  // osbxd asks on the unix socket whether the sandbox has started, and that answer tells nothing.
  const bool asks_for_life =
      request.peer == "unix" && request.method == "GET" && request.raw_path == "/ping";
  if (right || asks_for_life) return std::nullopt;
  return http::Response{
      .status = 401,
      .content_type = "application/json; charset=utf-8",
      .body = R"({"error":"Unauthorized: invalid or missing header X-EXECD-ACCESS-TOKEN"})"};
}

Result<> ApiServer::Start() {
  OSBX_CHECK(ReadToken());
  http::ServerOptions http;
  if (!options_.socket_path.empty()) {
    unlink(options_.socket_path.c_str());  // left by the same sandbox before a restart
    http.listeners.push_back({.unix_path = options_.socket_path});
  }
  if (options_.port != 0) http.listeners.push_back({.address = "0.0.0.0", .port = options_.port});
  if (http.listeners.empty()) return {};
  http.pool_threads = kWorkers;
  http.limits.threads = kMostConversations;
  http.limits.body_bytes = kMostBody;
  http.limits.stream_queue_bytes = 256U << 10;
  http.limits.websocket_queue_bytes = 256U << 10;
  http.gate = [this](const http::Request& request) { return Gate(request); };

  RouteTable table;
  AddCommandRoutes(table, context_, commands_);
  AddInterruptRoutes(table, commands_, sessions_, code_contexts_);
  AddCodeRoutes(table, context_, commands_, code_contexts_);
  AddSessionRoutes(table, context_, sessions_);
  AddPtyRoutes(table, context_, ptys_);
  AddFileRoutes(table, context_);
  AddProxyRoutes(table, {.socket_path = options_.socket_path, .port = options_.port});
  AddMetricRoutes(table, context_);
  AddSmallRoutes(table);
  server_ = std::make_unique<http::Server>(std::move(http), table.Build());
  context_.io = &server_->loop();
  OSBX_CHECK(server_->Start());
  if (!options_.socket_path.empty()) chmod(options_.socket_path.c_str(), kSocketMode);
  return {};
}

}  // namespace osbx::execd
