// SPDX-License-Identifier: Apache-2.0
// The body of POST /sandboxes as the spec of a Sandbox, checked in the order of
// contract/lifecycle.md §3.3. Pure, but for the lookup that the caller lends.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apiserver/opensandbox/failure.h"

namespace osbx::apiserver::opensandbox {

// A snapshot that can be started from.
struct SnapshotSource {
  std::string ns;
  std::string name;  // of the object
};

struct CreateRules {
  std::optional<std::int64_t> max_timeout_seconds;  // absent: none
  std::vector<std::string> allowed_host_paths;      // host volumes lie below one of them
  std::function<Outcome<SnapshotSource>(const std::string& id)> snapshot;
};

struct CreateRequest {
  std::string ns = "default";
  std::map<std::string, std::string> metadata;
  std::vector<std::string> entrypoint;  // as it was sent, or what is used instead
  std::string snapshot_id;              // "": from an image
  // Never null in a result. Keys of OSSFS volumes and of the registry are inline here: the
  // registry moves them into Secrets when the object is created.
  JsonPtr spec;
};

Outcome<CreateRequest> ParseCreate(const Json& body, const CreateRules& rules);

}  // namespace osbx::apiserver::opensandbox
