// SPDX-License-Identifier: Apache-2.0
#include "ctrl/manager.h"

#include <utility>

#include "base/log.h"

namespace osbx::ctrl {

void Manager::Add(ControllerOptions options) {
  std::string kind = options.kind;
  if (!threads_) options.workers = 0;
  controllers_.push_back(
      {.kind = std::move(kind),
       .controller = std::make_unique<Controller>(std::move(options), store_, clock_)});
}

void Manager::Start() {
  // Before the controllers list what exists: what changes in between is enqueued twice, not never.
  subscription_ = store_.Subscribe([this](const std::vector<store::EventPtr>& events) {
    for (const store::EventPtr& event : events) {
      for (const Entry& entry : controllers_) entry.controller->Handle(*event);
    }
  });
  for (const Entry& entry : controllers_) {
    entry.controller->Start();
    log::Debug("controller started", {{"controller", entry.controller->name()}});
  }
}

void Manager::Stop() {
  subscription_.Cancel();
  for (auto entry = controllers_.rbegin(); entry != controllers_.rend(); ++entry) {
    entry->controller->Stop();
  }
}

void Manager::Enqueue(std::string_view controller, const Key& key) {
  for (const Entry& entry : controllers_) {
    if (entry.controller->name() == controller) entry.controller->Enqueue(key);
  }
}

void Manager::Enqueue(const Key& key) {
  for (const Entry& entry : controllers_) {
    if (entry.kind == key.kind) entry.controller->Enqueue(key);
  }
}

void Manager::EnqueueAll(std::string_view controller) {
  for (const Entry& entry : controllers_) {
    if (entry.controller->name() != controller) continue;
    for (const store::ObjectPtr& object : store_.List({.kind = entry.kind}).objects) {
      entry.controller->Enqueue(object->key);
    }
  }
}

bool Manager::RunOne(std::size_t controller) {
  return controllers_.at(controller).controller->RunOne();
}

std::vector<ControllerStats> Manager::Stats() const {
  std::vector<ControllerStats> stats;
  stats.reserve(controllers_.size());
  for (const Entry& entry : controllers_) stats.push_back(entry.controller->Stats());
  return stats;
}

std::uint64_t Manager::Activity() const {
  std::uint64_t sum = 0;
  for (const Entry& entry : controllers_) sum += entry.controller->queue().Activity();
  return sum;
}

bool Manager::Drain(std::chrono::steady_clock::duration deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (true) {
    // One controller may give work to another: all must be idle with nothing happening meanwhile.
    const std::uint64_t before = Activity();
    for (const Entry& entry : controllers_) {
      const auto left = end - std::chrono::steady_clock::now();
      if (left <= decltype(left)::zero() || !entry.controller->queue().Drain(left)) return false;
    }
    if (Activity() == before) return true;
  }
}

}  // namespace osbx::ctrl
