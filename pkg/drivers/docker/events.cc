// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/events.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace osbx::docker {

EventStream::EventStream(Client& client, EventStreamOptions options, Clock& clock)
    : client_(client), options_(std::move(options)), clock_(clock) {}

void EventStream::Run(std::stop_token stop, const EventHandlers& handlers) {
  Client::EventQuery query;
  query.filters = options_.filters;
  Duration backoff = options_.first_backoff;
  std::mutex mutex;  // only to wait with: everything here is this thread's
  std::condition_variable_any never;

  while (!stop.stop_requested()) {
    const std::int64_t resumed_at = query.since_nano;
    const auto on_connected = [&] {
      backoff = options_.first_backoff;
      if (handlers.on_relist) handlers.on_relist();
    };
    const auto on_event = [&](const Event& event) {
      // `since` is inclusive: what was delivered before the break is replayed.
      if (event.time_nano != 0 && event.time_nano <= resumed_at) return;
      query.since_nano = std::max(query.since_nano, event.time_nano);
      if (handlers.on_event) handlers.on_event(event);
    };
    const Call call{.timeout = options_.resync, .stop = stop};
    const Error ended = client_.StreamEvents(query, call, on_connected, on_event);
    if (stop.stop_requested()) return;
    if (ended.code() == Code::kDeadlineExceeded) continue;  // the planned renewal
    if (handlers.on_down) handlers.on_down(ended);

    std::unique_lock lock(mutex);
    clock_.WaitUntil(lock, never, stop, clock_.Mono() + backoff, [] { return false; });
    backoff = std::min(backoff * 2, options_.longest_backoff);
  }
}

}  // namespace osbx::docker
