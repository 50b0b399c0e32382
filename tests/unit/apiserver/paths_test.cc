// SPDX-License-Identifier: Apache-2.0
#include "apiserver/paths.h"

#include <gtest/gtest.h>

namespace osbx::apiserver {
namespace {

// "kind ns name subresource", or the fault.
std::string Read(std::string_view raw) {
  const ResourcePath path = ParseResourcePath(raw);
  if (path.fault == ResourcePath::Fault::kUnknown) return "unknown";
  if (path.fault == ResourcePath::Fault::kWrongScope) return "wrong scope";
  return path.kind->plural + "|" + path.ns + "|" + path.name + "|" + path.subresource +
         (path.legacy_watch ? "|watch" : "");
}

TEST(Paths, NameWhatTheySay) {
  const struct {
    const char* path;
    const char* meaning;
  } kRows[] = {
      {"/api/v1/secrets", "secrets|||"},
      {"/api/v1/secrets/", "secrets|||"},
      {"/api/v1/namespaces", "namespaces|||"},
      {"/api/v1/namespaces/a", "namespaces||a|"},
      {"/api/v1/namespaces/a/status", "namespaces||a|status"},
      {"/api/v1/namespaces/a/finalize", "namespaces||a|finalize"},
      {"/api/v1/namespaces/a/secrets", "secrets|a||"},
      {"/api/v1/namespaces/a/secrets/s%2e1", "secrets|a|s.1|"},
      {"/apis/osbx.dev/v1/sandboxes", "sandboxes|||"},
      {"/apis/osbx.dev/v1/namespaces/a/sandboxes/b/log", "sandboxes|a|b|log"},
      {"/apis/osbx.dev/v1/namespaces/a/sandboxes/b/log/c", "unknown"},
      {"/apis/osbx.dev/v1/watch/namespaces/a/sandboxes", "sandboxes|a|||watch"},
      {"/apis/osbx.dev/v1/sandboxes/b", "unknown"},
      {"/apis/osbx.dev/v2/sandboxes", "unknown"},
      {"/apis/osbx.dev/v1/namespaces//sandboxes", "unknown"},
      {"/apis/other/v1/sandboxes", "unknown"},
      {"/api/v1/namespaces/a/namespaces", "wrong scope"},
      {"/api", "unknown"},
      {"/", "unknown"},
  };
  for (const auto& row : kRows) {
    std::string expected = row.meaning;
    EXPECT_EQ(Read(row.path), expected) << row.path;
  }
}

}  // namespace
}  // namespace osbx::apiserver
