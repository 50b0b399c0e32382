// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/openapi.h"

#include <string_view>

#include "api/yaml.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

namespace {

constexpr std::string_view kText =
#include "apiserver/opensandbox/openapi.yaml.inc"
    ;

}  // namespace

std::string OpenApiDocument() {
  const auto documents = api::ParseYaml(kText, "openapi.yaml");
  // The text is a constant, and a test holds it against the routes.
  return documents && !documents->empty() ? registry::Dump(*documents->front().value) : "{}";
}

}  // namespace osbx::apiserver::opensandbox
