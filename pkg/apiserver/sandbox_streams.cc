// SPDX-License-Identifier: Apache-2.0
// …/sandboxes/NAME/log, /exec and /stats (contract/kubectl.md §8): the URL's side of NodeStreams.
#include <charconv>

#include <nlohmann/json.hpp>

#include "apiserver/exec_channels.h"
#include "apiserver/resources.h"
#include "apiserver/status_body.h"
#include "base/rfc3339.h"
#include "registry/errors.h"
#include "registry/json_access.h"

namespace osbx::apiserver {

namespace {

Result<std::optional<std::int64_t>> Number(const http::Query& query, std::string_view name) {
  const auto text = query.Find(name);
  if (!text || text->empty()) return std::optional<std::int64_t>{};
  std::int64_t number = 0;
  const auto end = std::from_chars(text->data(), text->data() + text->size(), number);
  if (end.ec != std::errc() || end.ptr != text->data() + text->size() || number < 0) {
    return registry::BadRequest(std::string(name) + " must be a non-negative number");
  }
  return std::optional<std::int64_t>{number};
}

Result<LogOptions> ParseLogOptions(const http::Query& query) {
  LogOptions options;
  options.follow = query.Flag("follow");
  options.previous = query.Flag("previous");
  options.timestamps = query.Flag("timestamps");
  OSBX_TRY(options.tail_lines, Number(query, "tailLines"));
  OSBX_TRY(options.since_seconds, Number(query, "sinceSeconds"));
  OSBX_TRY(options.limit_bytes, Number(query, "limitBytes"));
  options.since_time = query.Get("sinceTime");
  if (!options.since_time.empty() && !ParseTime(options.since_time)) {
    return registry::BadRequest("sinceTime must be an RFC 3339 time");
  }
  return options;
}

Answer ServeLog(const Services& services, const http::Request& request, const store::Key& key) {
  if (request.method != "GET" && request.method != "HEAD") {
    return MethodNotSupported(*api::FindKindByPlural(key.kind), "create");
  }
  OSBX_TRY(const LogOptions options, ParseLogOptions(request.query));
  OSBX_CHECK(services.streams->CanLog(key, options));
  NodeStreams* streams = services.streams;
  return http::Response::Stream(
      "text/plain",
      [streams, key, options](const http::StreamPtr& stream) {
        const LogSink sink{
            .write =
                [stream](std::string_view bytes) {
                  return stream->WriteAll(std::make_shared<const std::string>(bytes));
                },
            .closed = [stream] { return stream->Closed(); }};
        const Result<> result = streams->Logs(key, options, sink);
        if (!result) sink.write("error: " + result.error().message() + "\n");
      },
      http::Where::kThread);
}

Answer ServeExec(const Services& services, const http::Request& request, const store::Key& key) {
  ExecOptions options;
  for (const std::string_view word : request.query.All("command")) {
    options.command.emplace_back(word);
  }
  if (options.command.empty()) return registry::BadRequest("you must specify at least 1 command");
  options.tty = request.query.Flag("tty");
  options.use_stdin = request.query.Flag("stdin");
  options.use_stdout = request.query.Flag("stdout");
  options.use_stderr = request.query.Flag("stderr") && !options.tty;
  if (!request.upgrade) return registry::BadRequest("Upgrade request required");
  std::string protocol = ChooseChannelProtocol(request.HeaderOf("sec-websocket-protocol"));
  if (protocol.empty()) {
    return registry::BadRequest(
        "none of the offered subprotocols is served: v5.channel.k8s.io, v4.channel.k8s.io");
  }
  NodeStreams* streams = services.streams;
  return http::Response::Upgrade(std::move(protocol),
                                 [streams, key, options](const http::WebSocketPtr& socket) {
                                   ChannelDuplex duplex(socket, options.tty);
                                   duplex.Finish(streams->Exec(key, options, duplex));
                                 });
}

Error NoStreams() {
  return Error(Code::kUnavailable,
               "this server runs no sandboxes: logs, exec and stats are not "
               "available here");
}

}  // namespace

bool IsSandboxStream(const ResourcePath& path) {
  return path.kind->plural == "sandboxes" &&
         (path.subresource == "log" || path.subresource == "exec" || path.subresource == "stats");
}

Answer ServeSandboxStream(const Services& services, const http::Request& request,
                          const ResourcePath& path) {
  OSBX_TRY(const store::ObjectPtr object, services.registry.Get(RefOf(path)));
  if (services.streams == nullptr) return NoStreams();
  // A sandbox has one container, named after it or "main".
  const std::string_view container = request.query.Get("container");
  if (!container.empty() && container != "main" && container != path.name) {
    return registry::BadRequest("container " + std::string(container) +
                                " is not valid for sandbox " + path.name);
  }
  if (path.subresource == "log") return ServeLog(services, request, object->key);
  if (path.subresource == "exec") return ServeExec(services, request, object->key);
  OSBX_TRY(const Json stats, services.streams->Stats(object->key));
  return http::Response::Json(200, registry::Dump(stats));
}

}  // namespace osbx::apiserver
