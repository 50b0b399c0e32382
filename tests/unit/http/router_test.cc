// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <gtest/gtest.h>

namespace osbx::http {
namespace {

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    for (const char* pattern : {"/", "/api", "/api/{rest...}", "/apis/{group}/v1/{plural}",
                                "/apis/{group}/v1/{plural}/{name}", "/apis/osbx.dev/v1/batch"}) {
      router_.Add({.method = "GET", .pattern = pattern, .handler = nullptr});
    }
    router_.Add({.method = "*", .pattern = "/any", .handler = nullptr});
    router_.Add({.method = "POST", .pattern = "/apis/osbx.dev/v1/batch", .handler = nullptr});
  }
  std::string PatternOf(std::string_view method, std::string_view path) {
    const Router::Match match = router_.Find(method, path);
    return match.route == nullptr ? "-" : match.route->pattern;
  }

  Router router_;
};

TEST_F(RouterTest, LiteralsBeatParametersWhichBeatTheRest) {
  EXPECT_EQ(PatternOf("GET", "/apis/osbx.dev/v1/batch"), "/apis/osbx.dev/v1/batch");
  EXPECT_EQ(PatternOf("GET", "/apis/osbx.dev/v1/volumes"), "/apis/{group}/v1/{plural}");
  EXPECT_EQ(PatternOf("GET", "/api/v1/nodes"), "/api/{rest...}");
  EXPECT_EQ(PatternOf("GET", "/api"), "/api");
  EXPECT_EQ(PatternOf("GET", "/"), "/");
}

TEST_F(RouterTest, BacktracksFromALiteralThatLeadsNowhere) {
  EXPECT_EQ(PatternOf("GET", "/apis/osbx.dev/v1/batch/x"), "/apis/{group}/v1/{plural}/{name}");
}

TEST_F(RouterTest, OneTrailingSlashIsIgnoredAndDoubleOnesAreNot) {
  EXPECT_EQ(PatternOf("GET", "/api/"), "/api");
  EXPECT_EQ(PatternOf("GET", "//api"), "-");
  EXPECT_EQ(PatternOf("GET", "/apis/g/v1/"), "-");
}

TEST_F(RouterTest, ParametersAreDecodedPerSegmentAndTheRestIsKeptRaw) {
  EXPECT_EQ(ParamOf(router_.Find("GET", "/apis/a%2Fb/v1/x").params, "group"), "a/b");
  EXPECT_EQ(ParamOf(router_.Find("GET", "/api/a%2Fb/c").params, "rest"), "a%2Fb/c");
}

TEST_F(RouterTest, SaysWhichMethodsAPathHas) {
  const Router::Match match = router_.Find("PUT", "/apis/osbx.dev/v1/batch");
  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.allowed.front(), "GET");
  EXPECT_EQ(PatternOf("HEAD", "/api"), "/api");
  EXPECT_EQ(PatternOf("PUT", "/any"), "/any");
}

}  // namespace
}  // namespace osbx::http
