// SPDX-License-Identifier: Apache-2.0
// Brings each @Kind@ to what its spec says: facts, plan, at most one step, status. Thread-safe: it keeps
// nothing between calls.
#pragma once

#include "base/clock.h"
#include "ctrl/cache.h"
#include "ctrl/controller.h"
#include "registry/typed.h"

namespace osbx::reconcilers {

class @Kind@Reconciler {
 public:
  @Kind@Reconciler(ctrl::Cache& cache, registry::Writer& writer, Clock& clock)
      : cache_(cache), writer_(writer), clock_(clock) {}
  Result<ctrl::Outcome> Reconcile(const store::Key& key);

 private:
  ctrl::Cache& cache_;
  registry::Writer& writer_;
  Clock& clock_;
};

}  // namespace osbx::reconcilers
