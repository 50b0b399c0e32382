// SPDX-License-Identifier: Apache-2.0
// What the dialect offers, as an OpenAPI document for clients and for tests that make requests from
// it (tests/e2e/schemathesis_test.sh). Written by hand in openapi.yaml.inc. Pure.
#pragma once

#include <string>

namespace osbx::apiserver::opensandbox {

// As JSON.
std::string OpenApiDocument();

}  // namespace osbx::apiserver::opensandbox
