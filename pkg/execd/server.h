// SPDX-License-Identifier: Apache-2.0
// execd's API on its listeners. Every path on every listener needs the token: the unix socket too,
// because the sandbox's own processes see the same file as osbxd does. Without a token nothing is
// served. The exception is /ping on the unix socket, which osbxd asks before it knows a token.
#pragma once

#include <memory>
#include <optional>

#include "base/secret.h"
#include "execd/code_contexts.h"
#include "execd/commands.h"
#include "execd/context.h"
#include "execd/init.h"
#include "execd/ptys.h"
#include "execd/sessions.h"

namespace osbx::execd {

class ApiServer {
 public:
  ApiServer(EventLoop& loop, const EnvMap& env, const InitOptions& options);
  ~ApiServer();

  // Reads the token, binds and serves. Without a socket and a port it does nothing.
  Result<> Start();

 private:
  // Leaves the token empty when none is given. kPermissionDenied and the like when there is a token
  // that cannot be read: never open by accident. The file is removed once read, so that nothing
  // started later finds it.
  Result<> ReadToken();
  std::optional<http::Response> Gate(const http::Request& request) const;

  const InitOptions& options_;
  Context context_;
  Secret token_;
  Commands commands_;
  Sessions sessions_;
  Ptys ptys_;
  CodeContexts code_contexts_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace osbx::execd
