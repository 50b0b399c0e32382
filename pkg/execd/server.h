// SPDX-License-Identifier: Apache-2.0
// execd's API on its listeners. Every path on every listener needs the token, once there is one:
// the unix socket too, because the sandbox's own processes see the same file as osbxd does.
#pragma once

#include <memory>
#include <optional>

#include "base/secret.h"
#include "execd/commands.h"
#include "execd/context.h"
#include "execd/init.h"
#include "execd/sessions.h"

namespace osbx::execd {

class ApiServer {
 public:
  ApiServer(EventLoop& loop, const EnvMap& env);
  ~ApiServer();

  // Reads the token, binds and serves. Without a socket and a port it does nothing.
  Result<> Start(const InitOptions& options);

 private:
  // kPermissionDenied and the like when there is a token that cannot be read: never open by
  // accident. The file is removed once read, so that nothing started later finds it.
  Result<> ReadToken(const InitOptions& options);
  std::optional<http::Response> Gate(const http::Request& request) const;

  Context context_;
  Secret token_;
  Commands commands_;
  Sessions sessions_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace osbx::execd
