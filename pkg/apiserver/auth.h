// SPDX-License-Identifier: Apache-2.0
// Who may ask: one configured key, as "Authorization: Bearer" (kubectl) or "OPEN-SANDBOX-API-KEY"
// (the SDKs); compared in constant time. Without a key everybody may, on loopback only
// (contract/kubectl.md §2.4). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "http/message.h"

namespace osbx::apiserver {

// Empty: go on. Otherwise 401.
std::optional<http::Response> Authenticate(const http::Request& request, const Secret& key);

// /version, /healthz, /livez, /readyz and /readyz/CHECK.
bool IsOpenPath(std::string_view raw_path);

// kInvalid when an address beyond loopback would be served without a key.
Result<> CheckExposure(const std::string& address, const Secret& key);

}  // namespace osbx::apiserver
