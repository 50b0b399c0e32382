// SPDX-License-Identifier: Apache-2.0
// The entries of admission's table (admission.cc), one file per kind. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"

namespace osbx::registry {

// Our finalizer stays through updates by users, who replace whole lists without knowing it. Taking
// it from an object that is being deleted is a decision, and allowed.
void KeepFinalizer(const Json& live, Json& object, std::string_view finalizer, bool internal);

void CreateSandbox(Json& object, Time now, std::vector<Cause>& causes);
void UpdateSandbox(const Json& live, Json& object, bool internal);

void CreateMount(Json& object, Time now, std::vector<Cause>& causes);
void UpdateMount(const Json& live, Json& object, bool internal);

void CreateVolume(Json& object, Time now, std::vector<Cause>& causes);
void UpdateVolume(const Json& live, Json& object, bool internal);
void CreateSnapshot(Json& object, Time now, std::vector<Cause>& causes);
void UpdateSnapshot(const Json& live, Json& object, bool internal);

void CreateNamespace(Json& object, Time now, std::vector<Cause>& causes);
void UpdateNamespace(const Json& live, Json& object, bool internal);
void RemoveNamespace(Json& object);

void TakeStringData(Json& body);  // Secret: stringData into data

}  // namespace osbx::registry
