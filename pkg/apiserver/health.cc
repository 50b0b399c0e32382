// SPDX-License-Identifier: Apache-2.0
#include "apiserver/health.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "registry/json_access.h"

namespace osbx::apiserver {

namespace {
// The Kubernetes whose API is spoken; clients compare their own version with it.
constexpr const char* kMajor = "1";
constexpr const char* kMinor = "35";
constexpr const char* kKubernetes = "v1.35.0";
// The API that the SDKs ask for, in the same document.
constexpr const char* kOpenSandbox = "1.1.1";

// "healthz" of "/healthz/".
std::string CheckName(const http::Request& request) {
  std::string name(request.raw_path);
  std::erase(name, '/');
  return name;
}

std::string LineOf(const ReadyCheck& check, const Result<>& result) {
  if (result) return "[+]" + check.name + " ok\n";
  return (check.decides ? "[-]" : "[!]") + check.name + " failed: " + result.error().message() +
         (check.decides ? "\n" : " (does not decide)\n");
}
}  // namespace

http::Response ServeLive(const http::Request& request) {
  return http::Response::Text(200, request.query.Flag("verbose")
                                       ? "[+]ping ok\n" + CheckName(request) + " check passed\n"
                                       : "ok");
}

http::Response ServeReady(const http::Request& request, const std::vector<ReadyCheck>& checks) {
  const std::vector<std::string_view> excluded = request.query.All("exclude");
  std::string text = "[+]ping ok\n";
  bool ready = true;
  for (const ReadyCheck& check : checks) {
    if (std::ranges::find(excluded, check.name) != excluded.end()) {
      text += "[+]" + check.name + " excluded: ok\n";
      continue;
    }
    const Result<> result = check.check();
    if (!result && check.decides) ready = false;
    text += LineOf(check, result);
  }
  if (!ready) return http::Response::Text(503, text + "readyz check failed\n");
  return http::Response::Text(
      200, request.query.Flag("verbose") ? text + "readyz check passed\n" : "ok");
}

http::Response ServeOneCheck(const http::Request& request, const std::vector<ReadyCheck>& checks) {
  const std::string_view name = http::ParamOf(request.params, "check");
  if (name == "ping") return http::Response::Text(200, "ok");
  for (const ReadyCheck& check : checks) {
    if (check.name != name) continue;
    const Result<> result = check.check();
    if (result) return http::Response::Text(200, "ok");
    return http::Response::Text(503, LineOf(check, result));
  }
  return http::Response::Text(404, "no such check\n");
}

std::string VersionDocument(const std::string& version) {
  return registry::Dump(Json{{"major", kMajor},
                             {"minor", kMinor},
                             {"version", kOpenSandbox},
                             {"gitVersion", std::string(kKubernetes) + "+osbx-" + version},
                             {"gitCommit", ""},
                             {"gitTreeState", "clean"},
                             {"buildDate", "1970-01-01T00:00:00Z"},
                             {"goVersion", ""},
                             {"compiler", "clang"},
                             {"platform", "linux/amd64"}});
}

}  // namespace osbx::apiserver
