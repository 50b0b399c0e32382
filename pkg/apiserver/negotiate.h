// SPDX-License-Identifier: Apache-2.0
// Content negotiation (contract/kubectl.md §§2.1, 2.2): what the client wants to get, and how what
// it sent is to be read. Pure.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "http/message.h"
#include "registry/registry.h"

namespace osbx::apiserver {

struct Body {
  JsonPtr value;                              // never null in a result
  std::vector<std::string> duplicate_fields;  // "spec.size", "spec.env[0].name"
};

enum class As { kObject, kTable, kPartial, kDiscovery };

struct Wanted {
  As as = As::kObject;
  std::string version;  // of Table ("v1", "v1beta1") and discovery ("v2", "v2beta1")
};

// The first entry of Accept that can be served; `offered` beside kObject. Errors: 406.
Result<Wanted> ParseAccept(std::string_view accept, std::initializer_list<As> offered);

// "application/json; charset=utf-8" -> "application/json", lower case.
std::string MediaType(std::string_view content_type);

// One JSON text. Errors: 400.
Result<Body> ParseJson(std::string_view text);
// The body of POST, PUT and DELETE: JSON (also when no type is given) or YAML. Errors: 415, 400.
Result<Body> ReadBody(const http::Request& request);

struct PatchBody {
  registry::PatchType type = registry::PatchType::kMerge;
  Body body;
};
Result<PatchBody> ReadPatch(const http::Request& request, const api::Kind& kind);

}  // namespace osbx::apiserver
