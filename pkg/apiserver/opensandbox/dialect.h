// SPDX-License-Identifier: Apache-2.0
// OpenSandbox's lifecycle API (contract/lifecycle.md) over the same store as everything else: it
// translates to and from kinds and never talks to a driver. One file per endpoint. Thread-safe
// after construction; Stop ends the requests that wait.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apiserver/node_streams.h"
#include "apiserver/opensandbox/access_renewer.h"
#include "apiserver/opensandbox/create_request.h"
#include "apiserver/opensandbox/diagnostic_text.h"
#include "apiserver/opensandbox/failure.h"
#include "apiserver/opensandbox/object_table.h"
#include "base/secret.h"
#include "base/unique_fd.h"
#include "http/router.h"
#include "registry/registry.h"

namespace osbx::apiserver::opensandbox {

struct DialectOptions {
  std::optional<std::int64_t> max_timeout_seconds;  // of a create; absent: none
  std::vector<std::string> allowed_host_paths;      // of host volumes; none: all are refused
  // Between two renewals of a sandbox by access; absent: access renews nothing.
  std::optional<std::chrono::seconds> renew_interval = std::chrono::seconds(60);
  // Below the 30 s after which the SDKs give a request up.
  std::chrono::milliseconds patience{25'000};
  NodeStreams* streams = nullptr;  // null: sandboxes have no logs; outlives the dialect
  // What opens the proxy at /sandboxes/{id}/proxy/{port} of that sandbox. Absent: there is no such
  // proxy, and no endpoint is given out.
  std::function<Secret(std::string_view uid)> endpoint_token;
  // A connection to that sandbox's execd, non-blocking; must not wait.
  std::function<Result<UniqueFd>(const std::string& uid)> dial_execd;
  Secret api_key;  // opens the proxy too; empty: there is none
};

class Dialect {
 public:
  Dialect(store::Store& store, registry::Registry& registry, DialectOptions options);

  void AddRoutes(http::Router& router);
  // Before the server stops: its handlers may be waiting.
  void Stop();

  // For the endpoint proxy: somebody has used an endpoint of that sandbox (unless the request said
  // OpenSandbox-Access-Renew: skip). Never blocks; thread-safe.
  void NoteAccess(std::string_view uid);

 private:
  using Request = http::Request;
  using Reply = Outcome<http::Response>;
  using Method = Reply (Dialect::*)(const Request&);

  Reply CreateSandbox(const Request& request);
  Reply ListSandboxes(const Request& request);
  Reply GetSandbox(const Request& request);
  Reply DeleteSandbox(const Request& request);
  Reply PauseSandbox(const Request& request);
  Reply ResumeSandbox(const Request& request);
  Reply RenewExpiration(const Request& request);
  Reply PatchMetadata(const Request& request);
  Reply GetEndpoint(const Request& request);
  Reply CreateSnapshot(const Request& request);
  Reply ListSnapshots(const Request& request);
  Reply GetSnapshot(const Request& request);
  Reply DeleteSnapshot(const Request& request);
  Reply DiagnoseLogs(const Request& request);
  Reply DiagnoseEvents(const Request& request);
  Reply DiagnoseInspect(const Request& request);
  Reply DiagnoseSummary(const Request& request);
  Reply ProxySandbox(const Request& request);
  Reply NetworkPolicy(const Request& request);
  Reply TakeMetricsEvent(const Request& request);
  Reply RefusePools(const Request& request);
  Reply RefuseTemplates(const Request& request);

  void AddProxyRoutes(http::Router& router);
  // The live sandbox that the path names.
  Outcome<store::ObjectPtr> Find(const Request& request) const;
  Outcome<store::ObjectPtr> FindSnapshot(std::string_view id) const;
  // Whether a sandbox that was started from it exists.
  bool SnapshotInUse(const store::Object& snapshot) const;
  // The snapshot to start from.
  Outcome<SnapshotSource> SourceOf(const std::string& snapshot_id) const;
  Outcome<store::ObjectPtr> CreateOnce(const registry::Ref& ref, const Json& object);
  Outcome<http::Response> AwaitStart(const store::ObjectPtr& created,
                                     const std::vector<std::string>& entrypoint);
  Outcome<CutText> TailOf(const store::Object& sandbox, std::size_t lines,
                          std::optional<std::int64_t> since) const;
  CutText EventsOf(const store::Object& sandbox, std::size_t lines) const;
  Reply SetPaused(const Request& request, bool paused);
  static registry::Ref RefOf(const store::Object& object);
  static registry::RequestInfo Info();  // who writes

  registry::Registry& registry_;
  const DialectOptions options_;
  ObjectTable sandboxes_;
  ObjectTable snapshots_;
  std::optional<AccessRenewer> renewer_;
};

}  // namespace osbx::apiserver::opensandbox
