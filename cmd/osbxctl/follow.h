// SPDX-License-Identifier: Apache-2.0
// Follows one object until it is as wanted: what `wait` and `delete` wait with. One thread.
#pragma once

#include <functional>
#include <string>

#include "context.h"
#include "resources.h"

namespace osbx::ctl {

struct Followed {
  Resource resource;
  std::string ns;
  std::string name;
};

// Looks at the object now and at each change of it (null: it does not exist) until `done` says so.
// kDeadlineExceeded when the deadline is over first.
Result<> Follow(client::RestClient& client, const Followed& what, const Deadline& deadline,
                const std::function<bool(const Json* object)>& done);

}  // namespace osbx::ctl
