// SPDX-License-Identifier: Apache-2.0
// Follows the Docker engine and keeps the container table; everybody else is told which keys to
// look at. One thread of its own; Silence() is thread-safe. A list at each (re)connect, events in
// between; a lost connection makes everything unknown.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"
#include "drivers/docker/client.h"
#include "drivers/docker/events.h"
#include "reconcilers/engine/container_table.h"

namespace osbx::reconcilers {

struct EngineHandlers {
  std::function<void(const ContainerRow& row)> on_container;  // look at its sandbox
  std::function<void()> on_everything;  // look at everything: (re)connected, or lost
};

class EngineWatch {
 public:
  EngineWatch(docker::Client& docker, ContainerTable& table, Clock& clock);
  // Starts the thread; the destructor or Stop() ends it.
  void Start(EngineHandlers handlers);
  void Stop();

  // ---- what the thread does, for a caller that has its own in its stead ----
  void Attach(EngineHandlers handlers) { handlers_ = std::move(handlers); }
  // Connected: everything is known anew. Its error means that it is not.
  Result<> Relist(std::stop_token stop);
  void Hear(const docker::Event& event);
  void Lost(const Error& error);

  // Since when the engine has not been heard; zero while connected.
  Duration Silence() const;

 private:
  docker::Client& docker_;
  ContainerTable& table_;
  Clock& clock_;
  EngineHandlers handlers_;
  mutable std::mutex mutex_;
  MonoTime silent_since_;
  bool connected_ = false;
  std::jthread thread_;
};

}  // namespace osbx::reconcilers
