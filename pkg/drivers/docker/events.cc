// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/events.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace osbx::docker {

EventStream::EventStream(Client& client, EventStreamOptions options, Clock& clock)
    : client_(client), options_(std::move(options)), clock_(clock) {}

namespace {

// The engine answers before it subscribes the reader: without a `since`, what happens in between
// would be in neither the list nor the stream. This covers it, and a little difference of clocks.
constexpr Duration kOverlap = std::chrono::seconds(2);

std::int64_t NanoOf(Time time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace

void EventStream::Run(std::stop_token stop, const EventHandlers& handlers) {
  Client::EventQuery query;
  query.filters = options_.filters;
  query.since_nano = NanoOf(clock_.Now() - std::chrono::duration_cast<Time::duration>(kOverlap));
  std::int64_t last_delivered = 0;
  Duration backoff = options_.first_backoff;
  std::mutex mutex;  // only to wait with: everything here is this thread's
  std::condition_variable_any never;

  while (!stop.stop_requested()) {
    std::stop_source round;  // ends this connection
    const std::stop_callback with_all(stop, [&round] { round.request_stop(); });
    Result<> listed = Error(Code::kUnavailable, "the engine did not answer");
    const auto on_connected = [&] {
      listed = handlers.on_relist ? handlers.on_relist() : Result<>();
      if (listed) {
        backoff = options_.first_backoff;
      } else {
        round.request_stop();
      }
    };
    const auto on_event = [&](const Event& event) {
      // `since` is inclusive: the last one delivered is replayed.
      if (event.time_nano != 0 && event.time_nano == last_delivered) return;
      last_delivered = event.time_nano;
      query.since_nano = event.time_nano;
      if (handlers.on_event) handlers.on_event(event);
    };
    const Call call{.timeout = options_.resync, .stop = round.get_token()};
    const Error ended = client_.StreamEvents(query, call, on_connected, on_event);
    if (stop.stop_requested()) return;
    // The planned renewal; without a connection the same code means an engine that hangs.
    if (listed && ended.code() == Code::kDeadlineExceeded) continue;
    const bool list_failed = !listed && round.stop_requested();
    if (handlers.on_down) handlers.on_down(list_failed ? listed.error() : ended);

    std::unique_lock lock(mutex);
    clock_.WaitUntil(lock, never, stop, clock_.Mono() + backoff, [] { return false; });
    backoff = std::min(backoff * 2, options_.longest_backoff);
  }
}

}  // namespace osbx::docker
