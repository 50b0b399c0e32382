// SPDX-License-Identifier: Apache-2.0
// A watch that outlives its connections: the server ends them now and then, and a restart of osbxd
// cuts them. It goes on after the last revision seen, so nothing is missed or repeated. Blocking;
// one thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "client/rest_client.h"

namespace osbx::client {

struct WatchRequest {
  std::string path;   // of the list, without a query
  std::string query;  // selectors: "labelSelector=a%3Db"; "" = none
  std::string accept = "application/json";
  std::string revision;  // go on after it; "" = begin with what is there as ADDED
  std::optional<std::chrono::steady_clock::time_point> deadline = {};
  std::chrono::milliseconds outage{30'000};  // how long a lost osbxd is tried again
};

// ADDED, MODIFIED or DELETED, and the object or Table. False ends the watch.
using OnWatchEvent = std::function<bool(std::string_view type, Json& object)>;

// Success: `on_event` returned false or `stop` fired. Errors: kExpired (the server no longer has
// the events since the revision: list again), kDeadlineExceeded, kUnavailable (at once when the
// server could never be reached, else after `outage`), or the server's.
Result<> Watch(RestClient& client, WatchRequest request, const OnWatchEvent& on_event,
               const std::stop_token& stop = {});

}  // namespace osbx::client
