// SPDX-License-Identifier: Apache-2.0
// From the JSON text of a schema file to Schema and Kind. Pure; used once at start for the embedded
// schemas and by tests for small ones.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "api/schema.h"
#include "base/result.h"

namespace osbx::api {

using SharedStructs = std::map<std::string, SchemaPtr, std::less<>>;

// One node and all below it, e.g. R"({"type":"string","minLength":1})".
Result<SchemaPtr> ParseSchema(std::string_view json, const SharedStructs& structs = {});

// A {"structs": {…}} document; a struct may refer to those before it and in `structs`.
Result<SharedStructs> ParseStructs(std::string_view json, const SharedStructs& structs);

// A kind document. apiVersion, kind and metadata (the struct ObjectMeta of `structs`) are added.
Result<Kind> ParseKind(std::string_view json, const SharedStructs& structs);

}  // namespace osbx::api
