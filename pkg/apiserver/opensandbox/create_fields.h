// SPDX-License-Identifier: Apache-2.0
// The body of POST /sandboxes by its schema (contract/lifecycle.md §3.1): types, lengths and the
// rules over several fields, all 422. What the values mean is create_request's. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apiserver/opensandbox/failure.h"
#include "base/secret.h"

namespace osbx::apiserver::opensandbox {

struct ImageAuth {
  std::string username;
  Secret password;
};

// Absent and blank are the same where the contract says so.
struct CreateFields {
  std::string image;
  std::optional<ImageAuth> image_auth;
  std::string snapshot_id;
  bool has_template = false;
  std::vector<std::string> entrypoint;
  std::optional<std::int64_t> timeout;
  std::map<std::string, std::string> env;
  std::map<std::string, std::string> metadata;
  std::map<std::string, std::string> limits;
  std::map<std::string, std::string> extensions;
  bool has_lifecycle = false;
  bool has_network_policy = false;
  bool has_platform = false;
  std::string os;
  std::string arch;
  bool secure_access = false;
};

Outcome<CreateFields> ReadCreateFields(const Json& body);

}  // namespace osbx::apiserver::opensandbox
