// SPDX-License-Identifier: Apache-2.0
// Deletes sandboxes whose time has come: expiresAt, or ttlSecondsAfterFinished
// after their end. Level-triggered: the time is data in the object, nothing is
// remembered between passes, a renewal is an ordinary update. Thread-safe.
#pragma once

#include <optional>
#include <string>

#include "api/v1/sandbox.h"
#include "base/clock.h"
#include "ctrl/cache.h"
#include "ctrl/controller.h"
#include "ctrl/event_recorder.h"
#include "registry/typed.h"

namespace osbx::reconcilers {

struct TtlPlan {
  std::string expired;              // why it is to be deleted now; empty: it is not
  std::optional<Duration> recheck;  // when its time comes
};
TtlPlan PlanTtl(const api::v1::Sandbox& sandbox, Time now);

class TtlReconciler {
 public:
  TtlReconciler(ctrl::Cache& cache, registry::Writer& writer, ctrl::EventRecorder& events,
                Clock& clock)
      : cache_(cache), writer_(writer), events_(events), clock_(clock) {}
  Result<ctrl::Outcome> Reconcile(const store::Key& key);

 private:
  ctrl::Cache& cache_;
  registry::Writer& writer_;
  ctrl::EventRecorder& events_;
  Clock& clock_;
};

}  // namespace osbx::reconcilers
