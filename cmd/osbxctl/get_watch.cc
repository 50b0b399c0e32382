// SPDX-License-Identifier: Apache-2.0
#include "get_watch.h"

#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include <nlohmann/json.hpp>

#include "client/watch.h"

namespace osbx::ctl {
namespace {

// Shared by the threads of one WatchTypes.
struct Shared {
  std::mutex printing;
  std::mutex failing;
  std::optional<Error> failure;  // the first
  std::stop_source stop;

  void Fail(Error error) {
    const std::scoped_lock lock(failing);
    if (!failure) failure = std::move(error);
    stop.request_stop();
  }
};

Result<> WatchOne(client::RestClient& client, std::string_view ns, std::string_view accept,
                  WatchedType& type, Shared& shared) {
  std::string revision = type.revision;
  while (!shared.stop.stop_requested()) {
    Result<> watched = client::Watch(
        client,
        {.path = type.resource.Path(ns),
         .query = type.query,
         .accept = std::string(accept),
         .revision = revision},
        [&](std::string_view event, Json& object) {
          const std::scoped_lock lock(shared.printing);
          type.on_event(event, object);
          return true;
        },
        shared.stop.get_token());
    if (watched || watched.error().code() != Code::kExpired) return watched;
    // The history is gone: what is there now counts as an event again.
    revision.clear();
  }
  return {};
}

}  // namespace

Result<> WatchTypes(client::RestClient& client, std::string_view ns, std::string_view accept,
                    std::vector<WatchedType> types) {
  Shared shared;
  std::vector<client::RestClient> connections;
  for (std::size_t i = 0; i < types.size(); ++i) {
    OSBX_TRY(client::RestClient connection, client.Clone());
    connections.push_back(std::move(connection));
  }
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < types.size(); ++i) {
      threads.emplace_back([&, i] {
        Result<> watched = WatchOne(connections[i], ns, accept, types[i], shared);
        if (!watched) shared.Fail(std::move(watched).error());
      });
    }
  }
  if (shared.failure) return *shared.failure;
  return {};
}

}  // namespace osbx::ctl
