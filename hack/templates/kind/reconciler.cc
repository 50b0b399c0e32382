// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/@kind@/@kind@_reconciler.h"

#include <nlohmann/json.hpp>

#include "reconcilers/@kind@/@kind@_plan.h"

namespace osbx::reconcilers {

Result<ctrl::Outcome> @Kind@Reconciler::Reconcile(const store::Key& key) {
  const auto object = cache_.Get<api::v1::@Kind@>(key);
  if (!object) return ctrl::Outcome{};

  const @Kind@Facts facts{.actual = 0, .now = clock_.Now()};
  const @Kind@Plan plan = Plan@Kind@(*object, facts);

  switch (plan.step) {
    case @Kind@Step::kMake:
    case @Kind@Step::kRemove:
    case @Kind@Step::kNone:
      break;
  }

  api::v1::@Kind@ changed = *object;
  changed.status = plan.status;
  if (changed.status != object->status) OSBX_CHECK(writer_.UpdateStatus(changed));
  return ctrl::Outcome{};
}

}  // namespace osbx::reconcilers
