// SPDX-License-Identifier: Apache-2.0
// /metrics and its watch (contract/execd.md §7), /ping, and isolated sessions (§10).
#include <nlohmann/json.hpp>

#include "execd/answers.h"
#include "execd/metrics.h"
#include "execd/routes.h"

namespace osbx::execd {
namespace {

constexpr std::chrono::milliseconds kWatchEvery{1000};
constexpr const char* kNoIsolation = "isolated sessions are not offered by osbx-execd";

void WatchMetrics(http::Loop* io, const std::shared_ptr<Meter>& meter,
                  const std::weak_ptr<http::StreamWriter>& weak) {
  const auto stream = weak.lock();
  if (!stream || stream->Closed()) return;
  // A reader that does not keep up misses a sample; nothing is queued for it.
  stream->Write(meter->Sample().ToJson() + "\n");
  io->After(kWatchEvery, [io, meter, weak] { WatchMetrics(io, meter, weak); });
}

}  // namespace

void AddMetricRoutes(RouteTable& table, const Context& context) {
  const auto meter = std::make_shared<Meter>("/sys/fs/cgroup", "/proc");
  table.Add(
      "GET", "/metrics",
      [meter](const http::Request&) {
        http::Response response = http::Response::Json(200, meter->Sample().ToJson());
        response.content_type = "application/json; charset=utf-8";
        return response;
      },
      http::Where::kInline);
  table.Add(
      "GET", "/metrics/watch",
      [meter, &context](const http::Request&) {
        return EventStream([meter, io = context.io](const http::StreamPtr& stream) {
          WatchMetrics(io, meter, stream);
          stream->OnEnd([stream] {});  // keeps it until then
        });
      },
      http::Where::kInline);
}

void AddSmallRoutes(RouteTable& table) {
  const auto add = [&table](const char* method, const char* pattern, http::Response answer) {
    table.Add(
        method, pattern, [answer = std::move(answer)](const http::Request&) { return answer; },
        http::Where::kInline);
  };
  add("GET", "/ping", Empty());
  add("GET", "/v1/isolated/capabilities",
      Reply({{"available", false},
             {"message", kNoIsolation},
             {"setpriv_available", false},
             {"userns_available", false},
             {"commit_supported", false},
             {"diff_supported", false}}));
  add("*", "/v1/isolated/{rest...}", Fail(503, "NOT_SUPPORTED", kNoIsolation));
}

}  // namespace osbx::execd
