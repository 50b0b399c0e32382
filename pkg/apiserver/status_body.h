// SPDX-License-Identifier: Apache-2.0
// Kubernetes' Status object from an Error or a success (contract/kubectl.md §4.1). Pure.
#pragma once

#include <string>
#include <string_view>

#include "api/schema.h"
#include "base/error.h"
#include "base/json.h"
#include "http/message.h"

namespace osbx::apiserver {

int HttpCodeOf(const Error& error);
Json StatusOf(const Error& error);
http::Response FromError(const Error& error);
// 404 "404 page not found\n": no such path, as opposed to no such object.
http::Response PageNotFound();

// The answer to a finished delete.
std::string DeletedStatus(const api::Kind& kind, std::string_view name, std::string_view uid);

// 405: "create is not supported on resources of kind \"volumes.osbx.dev\"".
Error MethodNotSupported(const api::Kind& kind, std::string_view verb);

}  // namespace osbx::apiserver
