// SPDX-License-Identifier: Apache-2.0
// What single kinds need beyond their schema when they are written: finalizers, derived fields,
// conversions, refusals. A table of kinds; a kind that is not in it needs nothing. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "api/schema.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace osbx::registry {

// 403 for kinds that users may not create.
Result<> CheckMayCreate(const api::Kind& kind, std::string_view name, bool internal);

// Rewrites the incoming body (also of an apply) before anything compares it.
void AdmitBody(const api::Kind& kind, Json& body);

// A new object, complete but for server-owned metadata.
void AdmitCreate(const api::Kind& kind, Json& object, Time now, std::vector<Cause>& causes);

// An update through the main endpoint. `internal`: by a controller of ours.
void AdmitUpdate(const api::Kind& kind, const Json& live, Json& object, bool internal);

// An object that has just got its deletionTimestamp.
void AdmitDelete(const api::Kind& kind, Json& object);

}  // namespace osbx::registry
