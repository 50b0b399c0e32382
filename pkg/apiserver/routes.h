// SPDX-License-Identifier: Apache-2.0
// All URLs of the API server in one table, and where each handler runs.
#pragma once

#include "apiserver/discovery.h"
#include "apiserver/health.h"
#include "apiserver/metrics.h"
#include "apiserver/resources.h"
#include "http/router.h"

namespace osbx::apiserver {

// What the handlers refer to; outlives the router.
struct RouteContext {
  const Services* services = nullptr;
  const Discovery* discovery = nullptr;
  const std::vector<ReadyCheck>* ready_checks = nullptr;
  const Collectors* collectors = nullptr;
  http::Slice version_document;
};

http::Router MakeRoutes(const RouteContext& context);

}  // namespace osbx::apiserver
