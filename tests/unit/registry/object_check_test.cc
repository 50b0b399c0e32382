// SPDX-License-Identifier: Apache-2.0
// Rules that the registry is given from outside.
#include "registry/json_access.h"
#include "world.h"

namespace osbx::registry {
namespace {

using fakes::StatusIs;
using ::testing::HasSubstr;

// Refuses images of the name "bad", with a cause beside the schema's.
std::vector<Cause> RefuseBad(const api::Kind& kind, const Json& object) {
  const Json* image = MemberPath(object, {"spec", "image"});
  if (kind.kind != "Sandbox" || image == nullptr || *image != "bad") return {};
  return {{"FieldValueInvalid", "spec.image", "is bad"}};
}

class ObjectCheckTest : public World {
 protected:
  Registry strict_{store_, clock_, {.check = RefuseBad}};
};

TEST_F(ObjectCheckTest, RefusesANewObjectByItsField) {
  const auto made = strict_.Create(At("sandboxes"), Sandbox("a", {{"image", "bad"}}), As("me"));
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().code(), Code::kInvalid);
  ASSERT_EQ(made.error().causes().size(), 1U);
  EXPECT_EQ(made.error().causes().front().field, "spec.image");
  EXPECT_TRUE(strict_.Create(At("sandboxes"), Sandbox("b"), As("me")).has_value());
}

TEST_F(ObjectCheckTest, AFieldThatIsRefusedAlreadyGetsNoSecondCause) {
  const auto made = strict_.Create(At("sandboxes"), Sandbox("a", {{"image", ""}}), As("me"));
  ASSERT_FALSE(made.has_value());
  for (const Cause& cause : made.error().causes()) EXPECT_NE(cause.message, "is bad");
}

TEST_F(ObjectCheckTest, WhatWasStoredBeforeTheRuleCanStillBeLabelledAndDeleted) {
  ASSERT_TRUE(Post("sandboxes", Sandbox("old", {{"image", "bad"}})).has_value());
  const auto labelled = strict_.Patch(At("sandboxes/old"), PatchType::kMerge, Subresource::kNone,
                                      R"({"metadata":{"labels":{"a":"b"}}})"_json_text, As("me"));
  EXPECT_TRUE(labelled.has_value()) << labelled.error().message();
  const auto changed = strict_.Patch(At("sandboxes/old"), PatchType::kMerge, Subresource::kNone,
                                     R"({"spec":{"paused":true}})"_json_text, As("me"));
  ASSERT_FALSE(changed.has_value());
  EXPECT_THAT(changed.error().message(), HasSubstr("spec.image"));
  EXPECT_TRUE(strict_.Delete(At("sandboxes/old"), {}, As("me")).has_value());
}

}  // namespace
}  // namespace osbx::registry
