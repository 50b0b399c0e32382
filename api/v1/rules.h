// SPDX-License-Identifier: Apache-2.0
// Rules of a kind that its schema cannot say: more than one field, paths, amounts. They run beside
// the schema's own checks, so a value of the wrong type is passed over here. Pure; causes carry
// Kubernetes' reasons. Values that may hold secrets are never shown.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace osbx::api::v1 {

// `old_object` is null at create.
std::vector<Cause> SandboxRules(const Json& object, const Json* old_object);
std::vector<Cause> VolumeRules(const Json& object, const Json* old_object);
std::vector<Cause> SecretRules(const Json& object, const Json* old_object);

// ---- Backends, shared by Sandbox and Volume. `path` is the field of the backend. ----

// All rules of an ossfs source, those of its credentials included.
void CheckOssfs(const Json& source, const std::string& path, std::vector<Cause>& causes);
// Only the credentials: a reference or a whole inline pair, and what an inline pair may contain.
// Admission calls it on the incoming body, before it moves inline keys into a Secret.
void CheckOssfsCredentials(const Json& source, const std::string& path, std::vector<Cause>& causes);
void CheckHost(const Json& source, const std::string& path, std::vector<Cause>& causes);

// limits of a container: cpu, memory, gpu (contract/docker_runtime.md §4).
void CheckLimits(const Json& limits, const std::string& path, std::vector<Cause>& causes);

}  // namespace osbx::api::v1
