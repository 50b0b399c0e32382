// SPDX-License-Identifier: Apache-2.0
// Follows the engine's events for ever: connects, calls on_relist, delivers events, and reconnects
// with back-off from where it stopped. An event is a hint to look, not a fact to keep: the engine
// remembers only its last 256 and forgets them at its own restart, so every (re)connect relists.
// Run() blocks its caller's thread until the stop token fires; handlers run on that thread and must
// be quick (they enqueue keys): an engine drops events for a reader that stalls.
#pragma once

#include <functional>
#include <stop_token>

#include "base/clock.h"
#include "drivers/docker/client.h"
#include "drivers/docker/types.h"

namespace osbx::docker {

struct EventStreamOptions {
  Filters filters;  // e.g. {"type": ["container"], "label": ["osbx.dev/uid"]}
  Duration first_backoff = std::chrono::milliseconds(100);
  Duration longest_backoff = std::chrono::seconds(5);
  // A connection is renewed (and relisted) after this long, so that nothing missed stays missed.
  Duration resync = std::chrono::minutes(10);
};

struct EventHandlers {
  // After each (re)connect, before its events. Its error ends the connection as if it had failed: a
  // stream whose reader could not list says nothing worth having.
  std::function<Result<>()> on_relist;
  std::function<void(const Event&)> on_event;  // in order; replayed ones only once
  std::function<void(const Error&)> on_down;   // the connection ended or failed; optional
};

class EventStream {
 public:
  EventStream(Client& client, EventStreamOptions options, Clock& clock);
  // Returns when `stop` fires.
  void Run(std::stop_token stop, const EventHandlers& handlers);

 private:
  Client& client_;
  EventStreamOptions options_;
  Clock& clock_;
};

}  // namespace osbx::docker
