// SPDX-License-Identifier: Apache-2.0
#include "apiserver/health.h"

#include <nlohmann/json.hpp>

#include "registry/json_access.h"

namespace osbx::apiserver {

namespace {
// The Kubernetes whose API is spoken; clients compare their own version with it.
constexpr const char* kMajor = "1";
constexpr const char* kMinor = "35";
constexpr const char* kKubernetes = "v1.35.0";
}  // namespace

http::Response ServeReady(const http::Request& request, const std::vector<ReadyCheck>& checks) {
  std::string text;
  bool ready = true;
  for (const ReadyCheck& check : checks) {
    const Result<> result = check.check();
    if (result) {
      text += "[+]" + check.name + " ok\n";
    } else {
      ready = false;
      text += "[-]" + check.name + " failed: " + result.error().message() + "\n";
    }
  }
  if (!ready) return http::Response::Text(503, text + "readyz check failed\n");
  return http::Response::Text(
      200, request.query.Flag("verbose") ? text + "readyz check passed\n" : "ok");
}

std::string VersionDocument(const std::string& version) {
  return registry::Dump(Json{{"major", kMajor},
                             {"minor", kMinor},
                             {"gitVersion", std::string(kKubernetes) + "+osbx-" + version},
                             {"gitCommit", ""},
                             {"gitTreeState", "clean"},
                             {"buildDate", "1970-01-01T00:00:00Z"},
                             {"goVersion", ""},
                             {"compiler", "clang"},
                             {"platform", "linux/amd64"}});
}

}  // namespace osbx::apiserver
