// SPDX-License-Identifier: Apache-2.0
#include "unit/opensandbox/dialect_fixture.h"

namespace osbx::apiserver {
namespace {

using OpenApiTest = DialectTest;

std::string Filled(std::string path) {
  for (const auto& [name, value] :
       {std::pair{"{id}", "none"}, std::pair{"{port}", "80"}, std::pair{"{name}", "none"}}) {
    const std::size_t at = path.find(name);
    if (at != std::string::npos) path.replace(at, std::string_view(name).size(), value);
  }
  return path;
}

TEST_F(OpenApiTest, EveryDocumentedRouteIsServedAndNeedsTheKeyUnlessItSaysSo) {
  const JsonReply document = Get("/openapi.json");
  ASSERT_EQ(document.status, 200);
  ASSERT_GE(document.body["paths"].size(), 20U);
  for (const auto& [path, methods] : document.body["paths"].items()) {
    const std::string target = (methods.contains("servers") ? "" : "/v1") + Filled(path);
    for (const auto& [word, operation] : methods.items()) {
      if (word == "parameters" || word == "servers") continue;
      std::string method = word;
      for (char& c : method) c = static_cast<char>(c - 'a' + 'A');
      const JsonReply reply = Ask(method, target);
      EXPECT_FALSE(reply.body.contains("detail") && reply.status != 422)
          << method << " " << target << ": " << reply.raw.body;
      EXPECT_TRUE(operation["responses"].contains(std::to_string(reply.status)))
          << method << " " << target << ": " << reply.status;
      const int without_key = Call(method, target).status;
      EXPECT_EQ(without_key == 401, !operation.contains("security")) << method << " " << target;
    }
  }
}

}  // namespace
}  // namespace osbx::apiserver
