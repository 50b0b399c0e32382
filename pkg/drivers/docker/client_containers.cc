// SPDX-License-Identifier: Apache-2.0
// Containers: life cycle, inspection, logs.
#include <utility>

#include <nlohmann/json.hpp>

#include "drivers/docker/client.h"
#include "drivers/docker/decode.h"
#include "drivers/docker/encode.h"
#include "drivers/docker/transport.h"

namespace osbx::docker {
namespace {

// Room for the engine's own work after the grace of a stop is over.
constexpr Duration kAfterGrace = std::chrono::seconds(5);

std::string ContainerPath(std::string_view id, std::string_view verb = "") {
  return "/containers/" + UrlEncode(id) + std::string(verb);
}

Request Post(std::string path) {
  Request request;
  request.method = Method::kPost;
  request.path = std::move(path);
  return request;
}

// Create and rename: the only thing that can conflict is the name.
Error NameInUse(Error error) {
  if (error.http_status() != 409) return error;
  return std::move(error).WithCode(Code::kAlreadyExists);
}

std::int64_t SinceEpoch(Time time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

std::string LogQuery(const LogOptions& options) {
  std::string query = "?stdout=1&stderr=1";
  if (options.follow) query += "&follow=1";
  if (options.timestamps) query += "&timestamps=1";
  if (options.tail >= 0) query += "&tail=" + std::to_string(options.tail);
  if (options.since) query += "&since=" + NanoText(SinceEpoch(*options.since));
  return query;
}

}  // namespace

Result<std::string> Client::CreateContainer(const ContainerSpec& spec, const Call& call) {
  std::string path = "/containers/create?";
  if (!spec.name.empty()) path += "name=" + UrlEncode(spec.name);
  if (!spec.platform.empty()) path += "&platform=" + UrlEncode(spec.platform);
  Request request = Post(std::move(path));
  OSBX_TRY(request.body, ToBody(Encode(spec)));
  Result<Response> response = Do(std::move(request), call);
  if (!response) return NameInUse(std::move(response).error());
  return DecodeId(response->body);
}

Result<> Client::StartContainer(std::string_view id, const Call& call) {
  OSBX_CHECK(Do(Post(ContainerPath(id, "/start")), call));
  return {};
}

Result<> Client::StopContainer(std::string_view id, std::chrono::seconds grace, const Call& call) {
  Call longer = WithDefaults(call);
  longer.timeout += grace + kAfterGrace;
  OSBX_CHECK(Do(Post(ContainerPath(id, "/stop?t=") + std::to_string(grace.count())), longer));
  return {};
}

Result<> Client::KillContainer(std::string_view id, std::string_view signal, const Call& call) {
  OSBX_CHECK(Do(Post(ContainerPath(id, "/kill?signal=") + UrlEncode(signal)), call));
  return {};
}

Result<> Client::RemoveContainer(std::string_view id, const RemoveOptions& options,
                                 const Call& call) {
  Request request;
  request.method = Method::kDelete;
  request.path = ContainerPath(id);
  request.path += std::string("?force=") + (options.force ? "1" : "0");
  request.path += std::string("&v=") + (options.volumes ? "1" : "0");
  OSBX_CHECK(Do(std::move(request), call));
  return {};
}

Result<> Client::PauseContainer(std::string_view id, const Call& call) {
  OSBX_CHECK(Do(Post(ContainerPath(id, "/pause")), call));
  return {};
}

Result<> Client::UnpauseContainer(std::string_view id, const Call& call) {
  OSBX_CHECK(Do(Post(ContainerPath(id, "/unpause")), call));
  return {};
}

Result<> Client::RenameContainer(std::string_view id, std::string_view name, const Call& call) {
  Result<Response> response = Do(Post(ContainerPath(id, "/rename?name=") + UrlEncode(name)), call);
  if (!response) return NameInUse(std::move(response).error());
  return {};
}

Result<> Client::UpdateContainer(std::string_view id, const Resources& resources,
                                 const Call& call) {
  Request request = Post(ContainerPath(id, "/update"));
  OSBX_TRY(request.body, ToBody(Encode(resources)));
  OSBX_CHECK(Do(std::move(request), call));
  return {};
}

Result<ContainerInfo> Client::InspectContainer(std::string_view id, const Call& call) {
  Request request;
  request.path = ContainerPath(id, "/json");
  OSBX_TRY(const Response response, Do(std::move(request), call));
  return DecodeContainer(response.body);
}

Result<std::vector<ContainerSummary>> Client::ListContainers(const ListOptions& options,
                                                             const Call& call) {
  Request request;
  request.path = std::string("/containers/json?all=") + (options.all ? "1" : "0");
  if (!options.filters.empty()) {
    request.path += "&filters=" + UrlEncode(EncodeFilters(options.filters));
  }
  OSBX_TRY(const Response response, Do(std::move(request), call));
  return DecodeContainerList(response.body);
}

Result<int> Client::WaitContainer(std::string_view id, const Call& call) {
  Request request = Post(ContainerPath(id, "/wait"));
  request.long_poll = true;
  OSBX_TRY(const Response response, Do(std::move(request), call));
  return DecodeExitCode(response.body);
}

Result<> Client::ContainerLogs(std::string_view id, const LogOptions& options, const LogSink& sink,
                               const Call& call) {
  FrameParser frames;
  Result<> parsed;
  Request request;
  request.path = ContainerPath(id, "/logs") + LogQuery(options);
  request.long_poll = true;
  request.on_data = [&](std::string_view bytes) {
    if (options.tty) return sink(OutputStream::kStdout, bytes);
    std::deque<LogFrame> out;
    parsed = frames.Feed(bytes, out);
    for (const LogFrame& frame : out) {
      if (!sink(frame.stream, frame.bytes)) return false;
    }
    return parsed.has_value();
  };
  OSBX_CHECK(Do(std::move(request), call));
  return parsed;
}

Result<ContainerStats> Client::StatsContainer(std::string_view id, const Call& call) {
  Request request;
  request.path = ContainerPath(id, "/stats?stream=0&one-shot=1");
  OSBX_TRY(const Response response, Do(std::move(request), call));
  return DecodeStats(response.body);
}

}  // namespace osbx::docker
