// SPDX-License-Identifier: Apache-2.0
// The three plain patch formats on whole objects (contract/kubectl.md §4.3). Pure.
#pragma once

#include "base/json.h"
#include "base/result.h"

namespace osbx::registry {

// RFC 6902; `replace` of a missing member counts as `add`. A patch that is no array of operations
// is 400, one that cannot be applied 422.
Result<> ApplyJsonPatch(Json& object, const Json& patch);

// RFC 7396. 400 unless the patch is an object.
Result<> ApplyMergePatch(Json& object, const Json& patch);

// Kubernetes' strategic merge patch, for core kinds: lists with a merge key are merged by it, with
// the directives $patch, $deleteFromPrimitiveList, $setElementOrder (ignored) and $retainKeys.
Result<> ApplyStrategicPatch(Json& object, const Json& patch);

}  // namespace osbx::registry
