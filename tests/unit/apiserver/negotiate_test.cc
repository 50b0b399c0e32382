// SPDX-License-Identifier: Apache-2.0
#include "apiserver/negotiate.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "apiserver/status_body.h"
#include "fakes/matchers.h"

namespace osbx::apiserver {
namespace {

std::string Read(std::string_view accept) {
  const auto wanted = ParseAccept(accept, {As::kTable, As::kPartial});
  if (!wanted) return std::to_string(HttpCodeOf(wanted.error()));
  const char* names[] = {"object", "table", "partial", "discovery"};
  return names[static_cast<int>(wanted->as)] + wanted->version;
}

TEST(Negotiate, TakesTheFirstEntryThatCanBeServed) {
  EXPECT_EQ(Read(""), "object");
  EXPECT_EQ(Read("application/json;stream=watch"), "object");
  EXPECT_EQ(Read("application/vnd.kubernetes.protobuf,application/json"), "object");
  EXPECT_EQ(Read("application/vnd.kubernetes.protobuf, */*"), "object");
  EXPECT_EQ(Read("application/json;as=Table;v=v1;g=meta.k8s.io,application/json"), "tablev1");
  EXPECT_EQ(Read("application/json;as=Table;g=meta.k8s.io;v=v1beta1, application/json"),
            "tablev1beta1");
  EXPECT_EQ(Read("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"), "partialv1");
  EXPECT_EQ(Read("application/json;as=Table;v=v9;g=meta.k8s.io"), "406");
  EXPECT_EQ(Read("application/json;as=Table;v=v9;g=meta.k8s.io,application/json"), "object");
  EXPECT_EQ(Read("text/html"), "406");
  EXPECT_EQ(Read("application/vnd.kubernetes.protobuf"), "406");
}

TEST(Negotiate, JsonReportsDuplicatesWithTheirPath) {
  const auto body = ParseJson(
      R"({"spec":{"size":1,"size":2,"env":[{"a":1},{"name":"x","name":"y"}]},"spec":{}})");
  ASSERT_THAT(body, fakes::IsOk());
  EXPECT_EQ(body->duplicate_fields,
            (std::vector<std::string>{"spec.size", "spec.env[1].name", "spec"}));
}

TEST(Negotiate, HostileJsonIsABadRequest) {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("{\"a\":\"\xff\"}"), std::string("nul"),
        std::string(100'000, '['), std::string("{} {}")}) {
    const auto body = ParseJson(text);
    ASSERT_FALSE(body.has_value());
    EXPECT_EQ(HttpCodeOf(body.error()), 400);
  }
}

}  // namespace
}  // namespace osbx::apiserver
