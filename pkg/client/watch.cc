// SPDX-License-Identifier: Apache-2.0
#include "client/watch.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include <nlohmann/json.hpp>

namespace osbx::client {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kShortestPause{50};
constexpr milliseconds kLongestPause{1000};

// One connection's worth.
class Connection {
 public:
  Connection(WatchRequest& request, const OnWatchEvent& on_event)
      : request_(request), on_event_(on_event) {}

  Result<> Run(RestClient& client, const std::stop_token& stop) {
    Request call{.path = request_.path + "?" + request_.query +
                         (request_.query.empty() ? "" : "&") +
                         "watch=true&allowWatchBookmarks=true",
                 .accept = request_.accept,
                 .on_answer = [this] { connected_ = true; }};
    if (!request_.revision.empty()) call.path += "&resourceVersion=" + request_.revision;
    if (request_.deadline)
      call.timeout = std::chrono::duration_cast<milliseconds>(*request_.deadline - Clock::now());
    OSBX_CHECK(client.StreamLines(
        call, [this](std::string_view line) { return Take(line); }, stop));
    if (failure_) return *failure_;
    return {};
  }

  bool Ended() const { return ended_; }  // by on_event
  bool Connected() const { return connected_; }
  bool Progress() const { return events_; }  // something came

 private:
  bool Take(std::string_view line) {
    Json event = Json::parse(line, nullptr, false);
    if (!event.is_object() || !event.contains("object") || !event["object"].is_object())
      return true;
    events_ = true;
    const std::string type = event.value("type", "");
    Json& object = event["object"];
    if (type == "ERROR") {
      failure_ = ErrorOfAnswer(object.value("code", 500), object.dump());
      return false;
    }
    const Json::json_pointer place("/metadata/resourceVersion");
    const std::string revision = object.value(place, "");
    if (type != "BOOKMARK" && !on_event_(type, object)) {
      ended_ = true;
      return false;
    }
    if (!revision.empty()) request_.revision = revision;
    return true;
  }

  WatchRequest& request_;
  const OnWatchEvent& on_event_;
  std::optional<Error> failure_;
  bool ended_ = false;
  bool connected_ = false;
  bool events_ = false;
};

void Pause(milliseconds length, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, length, [] { return false; });
}

}  // namespace

Result<> Watch(RestClient& client, WatchRequest request, const OnWatchEvent& on_event,
               const std::stop_token& stop) {
  std::optional<Clock::time_point> reached;  // when the server was there last
  milliseconds pause = kShortestPause;
  while (!stop.stop_requested()) {
    if (request.deadline && Clock::now() >= *request.deadline)
      return Error(Code::kDeadlineExceeded, "the time to watch is over");
    Connection connection(request, on_event);
    Result<> result = connection.Run(client, stop);
    if (connection.Ended()) return {};
    const bool lost = !result && result.error().code() == Code::kUnavailable;
    if (!result && !lost) return result;
    if (connection.Connected()) reached = Clock::now();
    if (lost && (!reached || Clock::now() - *reached > request.outage)) return result;
    pause = connection.Progress() ? kShortestPause : std::min(pause * 2, kLongestPause);
    Pause(pause, stop);
  }
  return {};
}

}  // namespace osbx::client
