// SPDX-License-Identifier: Apache-2.0
// The endpoints, one function per group, each adding its routes to the router. What they serve must
// outlive the server.
#pragma once

#include "execd/commands.h"
#include "execd/context.h"
#include "http/router.h"

namespace osbx::execd {

class CodeContexts;
class Ptys;
class Sessions;

// Adds routes and remembers their patterns: a wrong method is the same 404 as an unknown path
// (contract/execd.md §1).
class RouteTable {
 public:
  void Add(std::string method, std::string pattern, http::Handler handler,
           http::Where where = http::Where::kPool);
  void Add(http::Route route);
  http::Router Build();

 private:
  std::vector<http::Route> routes_;
};

void AddCommandRoutes(RouteTable& table, const Context& context, Commands& commands);
void AddSessionRoutes(RouteTable& table, const Context& context, Sessions& sessions);
void AddPtyRoutes(RouteTable& table, const Context& context, Ptys& ptys);
// Each also under "/v1/filesystem/{uid}/{gid}".
void AddFileRoutes(RouteTable& table, const Context& context);
// Where execd itself is served: "/proxy" leads there too.
struct OwnAddress {
  std::string socket_path;
  std::uint16_t port = 0;  // 0: only on the socket
};
void AddProxyRoutes(RouteTable& table, const OwnAddress& own);
void AddMetricRoutes(RouteTable& table, const Context& context);
void AddCodeRoutes(RouteTable& table, const Context& context, Commands& commands,
                   CodeContexts& contexts);
// DELETE /command and /code end whatever runs under an id.
void AddInterruptRoutes(RouteTable& table, Commands& commands, Sessions& sessions,
                        CodeContexts& contexts);
// /ping, and isolated sessions, which are not offered and say so clearly.
void AddSmallRoutes(RouteTable& table);

}  // namespace osbx::execd
