// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/engine/engine_watch.h"

#include "base/log.h"

namespace osbx::reconcilers {

EngineWatch::EngineWatch(docker::Client& docker, ContainerTable& table, Clock& clock)
    : docker_(docker), table_(table), clock_(clock), silent_since_(clock.Mono()) {}

void EngineWatch::Start(EngineHandlers handlers) {
  Attach(std::move(handlers));
  thread_ = std::jthread([this](std::stop_token stop) {
    docker::EventStream stream(docker_, {.filters = {{"type", {"container"}}}}, clock_);
    stream.Run(stop, {.on_relist = [this, stop] { return Relist(stop); },
                      .on_event = [this](const docker::Event& event) { Hear(event); },
                      .on_down = [this](const Error& error) { Lost(error); }});
  });
}

void EngineWatch::Hear(const docker::Event& event) {
  if (const auto row = table_.Apply(event)) handlers_.on_container(*row);
}

void EngineWatch::Lost(const Error& error) {
  bool news = false;
  {
    const std::scoped_lock lock(mutex_);
    news = connected_;
    if (connected_) silent_since_ = clock_.Mono();
    connected_ = false;
  }
  table_.ConnectionLost();
  if (!news) return;
  log::Warn("lost the Docker engine", {{"error", error.message()}});
  handlers_.on_everything();
}

void EngineWatch::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

Duration EngineWatch::Silence() const {
  const std::scoped_lock lock(mutex_);
  return connected_ ? Duration::zero() : Duration(clock_.Mono() - silent_since_);
}

Result<> EngineWatch::Relist(std::stop_token stop) {
  const Time asked = clock_.Now();
  auto all =
      docker_.ListContainers({}, {.timeout = std::chrono::seconds(30), .stop = std::move(stop)});
  if (!all) return std::move(all).error().Wrap("list the containers");
  table_.Relist(*all, asked);
  {
    const std::scoped_lock lock(mutex_);
    connected_ = true;
  }
  log::Info("connected to the Docker engine", {{"containers", all->size()}});
  handlers_.on_everything();
  return {};
}

}  // namespace osbx::reconcilers
