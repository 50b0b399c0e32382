// SPDX-License-Identifier: Apache-2.0
#include "telemetry/ready_times.h"

#include <nlohmann/json.hpp>

#include "metrics/family.h"

namespace osbx::telemetry {
namespace {

constexpr std::string_view kSandboxes = "sandboxes";

bool IsReady(const Json& sandbox) {
  const auto status = sandbox.find("status");
  if (status == sandbox.end() || !status->is_object()) return false;
  const auto conditions = status->find("conditions");
  if (conditions == status->end() || !conditions->is_array()) return false;
  return std::ranges::any_of(*conditions, [](const Json& condition) {
    return condition.is_object() && condition.value("type", "") == "Ready" &&
           condition.value("status", "") == "True";
  });
}

class ReadyCollector final : public prometheus::Collectable {
 public:
  explicit ReadyCollector(const ReadyTimes& times) : times_(times) {}
  metrics::Families Collect() const override {
    return {metrics::Histograms("osbx_sandbox_ready_seconds",
                                "Time from the creation of a sandbox until it was first ready.",
                                {metrics::HistogramRow(times_.Read())})};
  }

 private:
  const ReadyTimes& times_;
};

}  // namespace

ReadyTimes::ReadyTimes(store::Store& store, const Clock& clock)
    : clock_(clock),
      subscription_(
          store.Subscribe([this](const std::vector<store::EventPtr>& events) { Follow(events); })) {
}

void ReadyTimes::Follow(const std::vector<store::EventPtr>& events) {
  const std::lock_guard lock(mutex_);
  for (const store::EventPtr& event : events) {
    const store::Object& object = *event->object;
    if (object.key.kind != kSandboxes) continue;
    if (event->type == store::EventType::kAdded) {
      waiting_[object.key] = clock_.Mono();
      continue;
    }
    const auto found = waiting_.find(object.key);
    if (found == waiting_.end()) continue;
    const bool ready = event->type == store::EventType::kModified && IsReady(*object.body);
    if (ready) {
      seconds_.Observe(std::chrono::duration<double>(clock_.Mono() - found->second).count());
    }
    if (ready || event->type == store::EventType::kDeleted) waiting_.erase(found);
  }
}

Collector OfReadyTimes(const ReadyTimes& times) {
  return std::make_shared<ReadyCollector>(times);
}

}  // namespace osbx::telemetry
