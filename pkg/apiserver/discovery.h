// SPDX-License-Identifier: Apache-2.0
// What is served, as documents (contract/kubectl.md §3): API groups, resource lists, aggregated
// discovery and OpenAPI v3. Made once from the kinds; immutable, thread-safe.
#pragma once

#include <map>
#include <string>

#include "http/message.h"

namespace osbx::apiserver {

class Discovery {
 public:
  Discovery();

  http::Response Api(const http::Request& request) const;            // GET /api
  http::Response Groups(const http::Request& request) const;         // GET /apis
  http::Response Group(const http::Request& request) const;          // GET /apis/{group}
  http::Response Resources(const std::string& group_version) const;  // "v1", "osbx.dev/v1"
  http::Response OpenApiIndex() const;                               // GET /openapi/v3
  http::Response OpenApi(const std::string& path) const;             // "api/v1", "apis/osbx.dev/v1"

 private:
  http::Response Aggregated(bool core, const std::string& version) const;

  std::map<std::string, http::Slice> groups_;      // by name
  std::map<std::string, http::Slice> resources_;   // by group/version
  std::map<std::string, http::Slice> aggregated_;  // "core v2", "named v2beta1" …
  std::map<std::string, http::Slice> openapi_;     // by path
  http::Slice group_list_;
  http::Slice openapi_index_;
};

}  // namespace osbx::apiserver
