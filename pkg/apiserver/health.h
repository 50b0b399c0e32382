// SPDX-License-Identifier: Apache-2.0
// /healthz, /livez, /readyz and /version (contract/kubectl.md §2.3).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace osbx::apiserver {

struct ReadyCheck {
  std::string name;
  std::function<Result<>()> check;  // quick: looks at what is known, does not go and find out
};

// 200 "ok", or 503 naming the failing checks. "?verbose" lists all.
http::Response ServeReady(const http::Request& request, const std::vector<ReadyCheck>& checks);

// `version` is osbx's own, "0.1.0".
std::string VersionDocument(const std::string& version);

}  // namespace osbx::apiserver
