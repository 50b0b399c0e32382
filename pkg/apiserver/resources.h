// SPDX-License-Identifier: Apache-2.0
// The verbs on resources: a request, already parsed into what its URL names, to a response. One
// file per verb (verbs_*.cc). Thread-safe; reads come from the store's memory, writes block until
// they are durable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apiserver/negotiate.h"
#include "apiserver/node_streams.h"
#include "apiserver/paths.h"
#include "apiserver/table.h"
#include "apiserver/watch.h"
#include "base/result.h"
#include "http/message.h"
#include "registry/registry.h"

namespace osbx::apiserver {

struct Services {
  registry::Registry& registry;
  const Tables& tables;
  WatchHub& hub;
  NodeStreams* streams;  // null: logs, exec and stats answer 503
};

// Any request below /api/v1 and /apis/GROUP/VERSION.
http::Response ServeResource(const Services& services, const http::Request& request);
// POST /apis/osbx.dev/v1/batch: applies all objects of {"items":[…]} or none.
http::Response ServeBatch(const Services& services, const http::Request& request);

// ---- verbs; errors become Status ----
using Answer = Result<http::Response>;
Answer GetObject(const Services& services, const http::Request& request, const ResourcePath& path);
Answer ListObjects(const Services& services, const http::Request& request,
                   const ResourcePath& path);
Answer CreateObject(const Services& services, const http::Request& request,
                    const ResourcePath& path);
Answer UpdateObject(const Services& services, const http::Request& request,
                    const ResourcePath& path);
Answer PatchObject(const Services& services, const http::Request& request,
                   const ResourcePath& path);
Answer DeleteObject(const Services& services, const http::Request& request,
                    const ResourcePath& path);
Answer DeleteObjects(const Services& services, const http::Request& request,
                     const ResourcePath& path);
// log, exec and stats of sandboxes.
Answer ServeSandboxStream(const Services& services, const http::Request& request,
                          const ResourcePath& path);
bool IsSandboxStream(const ResourcePath& path);

// ---- what they share ----
registry::Ref RefOf(const ResourcePath& path);
// How the one object of an answer is wanted; asked before anything is written.
struct ObjectForm {
  Wanted wanted;
  IncludeObject include = IncludeObject::kMetadata;
};
Result<ObjectForm> ParseObjectForm(const http::Request& request);
http::Response ObjectResponse(const Services& services, int code, const api::Kind& kind,
                              const store::ObjectPtr& object, const ObjectForm& form);
Result<registry::RequestInfo> ParseWrite(registry::Verb verb, const http::Request& request);
registry::ListOptions ListQueryOf(const http::Request& request, const std::string& ns);
// `Warning: 299 - "text"`, one per warning.
void AddWarnings(const std::vector<std::string>& warnings, http::Response& response);

}  // namespace osbx::apiserver
