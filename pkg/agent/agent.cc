// SPDX-License-Identifier: Apache-2.0
#include "agent/agent.h"

#include <algorithm>
#include <limits>
#include <thread>

#include "api/v1/sandbox.h"
#include "base/rfc3339.h"

namespace osbx::agent {

Result<std::string> Agent::ContainerOf(const store::Key& key) const {
  const auto sandbox = d_.cache.Get<api::v1::Sandbox>(key);
  if (!sandbox) return Error(Code::kNotFound, "sandboxes.osbx.dev \"" + key.name + "\" not found");
  if (sandbox->status.container_id.empty()) {
    return Error(Code::kFailedPrecondition,
                 "sandbox " + key.name + " has no container yet: " + sandbox->status.phase +
                     (sandbox->status.message.empty() ? "" : ", " + sandbox->status.message));
  }
  return sandbox->status.container_id;
}

Result<> Agent::CanLog(const store::Key& sandbox, const apiserver::LogOptions& /*options*/) {
  OSBX_CHECK(ContainerOf(sandbox));
  return {};
}

Result<> Agent::Logs(const store::Key& sandbox, const apiserver::LogOptions& options,
                     const apiserver::LogSink& sink) {
  OSBX_TRY(const std::string id, ContainerOf(sandbox));
  docker::LogOptions wanted{
      .follow = options.follow, .tail = -1, .since = {}, .timestamps = options.timestamps};
  if (options.tail_lines) wanted.tail = static_cast<int>(*options.tail_lines);
  if (options.since_seconds)
    wanted.since = std::chrono::system_clock::now() - std::chrono::seconds(*options.since_seconds);
  if (!options.since_time.empty()) {
    OSBX_TRY(wanted.since, ParseTime(options.since_time));
  }
  std::int64_t left = options.limit_bytes.value_or(std::numeric_limits<std::int64_t>::max());
  // A follower may wait for days: the stop token, not a deadline, ends it when its client has gone.
  std::stop_source gone;
  std::jthread watcher;
  if (options.follow) {
    watcher = std::jthread([&sink, &gone](const std::stop_token& done) {
      while (!done.stop_requested() && !sink.closed())
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
      gone.request_stop();
    });
  }
  const Duration deadline =
      options.follow ? Duration(std::chrono::hours(24 * 365)) : Duration(std::chrono::minutes(5));
  const Result<> ended =
      d_.docker.ContainerLogs(id, wanted,
                              [&](docker::OutputStream, std::string_view bytes) {
                                const auto take = static_cast<std::size_t>(std::min<std::int64_t>(
                                    left, static_cast<std::int64_t>(bytes.size())));
                                left -= static_cast<std::int64_t>(take);
                                return sink.write(bytes.substr(0, take)) && left > 0;
                              },
                              {.timeout = deadline, .stop = gone.get_token()});
  watcher.request_stop();
  if (!ended && ended.error().code() == Code::kCancelled) return {};
  return ended;
}

}  // namespace osbx::agent
