// SPDX-License-Identifier: Apache-2.0
// What every endpoint knows: the loop, and the environment execd was started in. Immutable once the
// server runs.
#pragma once

#include <string>

#include "execd/environment.h"
#include "execd/event_loop.h"
#include "http/server.h"

namespace osbx::execd {

struct Context {
  EventLoop& loop;
  EnvMap env;                // execd's own, with EXECD_ENVS
  std::string cwd;           // execd's own
  bool keep_eol = false;     // OSBX_EXECD_KEEP_EOL=1 (contract/execd.md §2.1)
  http::Loop* io = nullptr;  // timers of streams

  Result<std::string> Path(std::string_view path) const { return ExpandPath(path, env, cwd); }
};

}  // namespace osbx::execd
