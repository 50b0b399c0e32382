// SPDX-License-Identifier: Apache-2.0
// /healthz, /livez, /readyz and /version, as kube-apiserver answers them (contract/kubectl.md
// §2.3).
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
  // False: told in the verbose answer and under its own path, but it takes nobody out of service.
  bool decides = true;
};

// /healthz and /livez: the process serves. Nothing else decides: a restart heals no engine and no
// disk.
http::Response ServeLive(const http::Request& request);
// /readyz: 200 "ok", or 503 naming the failing checks. "?verbose" lists all, "?exclude=NAME" leaves
// one out.
http::Response ServeReady(const http::Request& request, const std::vector<ReadyCheck>& checks);
// /readyz/NAME: one check alone, also one that does not decide.
http::Response ServeOneCheck(const http::Request& request, const std::vector<ReadyCheck>& checks);

// `version` is osbx's own, "0.1.0".
std::string VersionDocument(const std::string& version);

}  // namespace osbx::apiserver
