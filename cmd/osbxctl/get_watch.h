// SPDX-License-Identifier: Apache-2.0
// `get -w` and `events -w`: one watch per type, each on a connection and a thread of its own; what
// they print does not mix within a line.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "context.h"
#include "resources.h"

namespace osbx::ctl {

struct WatchedType {
  Resource resource;
  std::string query;     // selectors
  std::string revision;  // go on after it
  // Called with an event's type and object (or Table); one call at a time over all types.
  std::function<void(std::string_view type, Json& object)> on_event;
};

// Watches until the first error; goes on over restarts of osbxd, and from now on where the server
// no longer has the history.
Result<> WatchTypes(client::RestClient& client, std::string_view ns, std::string_view accept,
                    std::vector<WatchedType> types);

}  // namespace osbx::ctl
