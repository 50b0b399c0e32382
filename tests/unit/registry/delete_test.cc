// SPDX-License-Identifier: Apache-2.0
// Deletion: finalizers, propagation, preconditions, namespaces (contract/kubectl.md §§4.3–4.4).
#include "registry/finalizers.h"
#include "world.h"

namespace osbx::registry {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using ::testing::HasSubstr;

class DeleteTest : public World {
 protected:
  void SetUp() override {
    ASSERT_THAT(Post("secrets", {{"metadata", {{"name", "v"}}}}), IsOk());
    ASSERT_THAT(Post("sandboxes", Sandbox("a")), IsOk());
  }
  Result<DeleteOutcome> Delete(std::string_view path, const DeleteOptions& options = {}) {
    return registry_.Delete(At(path), options, As("t"));
  }
  Json Finalizers(std::string_view path) {
    return Stored(path)["metadata"].value("finalizers", Json());
  }
};

TEST_F(DeleteTest, WithoutFinalizersItGoesAtOnce) {
  const auto gone = Delete("secrets/v");
  ASSERT_THAT(gone, IsOk());
  EXPECT_TRUE(gone->removed);
  EXPECT_EQ(gone->object->key.name, "v");
  EXPECT_TRUE(Stored("secrets/v").is_null());
  EXPECT_FAILS(Delete("secrets/v"), Code::kNotFound, "secrets \"v\" not found");
}

TEST_F(DeleteTest, TheGracePeriodIsWhatWasAskedFor) {
  ASSERT_THAT(Delete("sandboxes/a", {.grace_period_seconds = 3}), IsOk());
  EXPECT_EQ(Stored("sandboxes/a")["metadata"]["deletionGracePeriodSeconds"], 3);
}

TEST_F(DeleteTest, AFinalizerHoldsItUntilItIsTakenAway) {
  const auto deleting = Delete("sandboxes/a");
  ASSERT_THAT(deleting, IsOk());
  EXPECT_FALSE(deleting->removed);
  const Json metadata = Stored("sandboxes/a")["metadata"];
  EXPECT_EQ(metadata["deletionTimestamp"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(metadata["deletionGracePeriodSeconds"], 10) << "the spec's";
  EXPECT_EQ(metadata["generation"], 2);

  clock_.Advance(std::chrono::seconds(5));
  const store::Revision before = store_.Current();
  const auto again = Delete("sandboxes/a");
  ASSERT_THAT(again, IsOk());
  EXPECT_FALSE(again->removed);
  EXPECT_EQ(store_.Current(), before) << "repeating is a no-op";

  const auto added = Merge("sandboxes/a", R"({"metadata":{"finalizers":
      ["osbx.dev/container","new.dev/x"]}})"_json_text);
  ASSERT_THAT(added, StatusIs(Code::kInvalid));
  EXPECT_EQ(added.error().causes()[0].reason, "FieldValueForbidden");

  const auto last = Merge("sandboxes/a", R"({"metadata":{"finalizers":null}})"_json_text);
  ASSERT_THAT(last, IsOk());
  EXPECT_TRUE(Stored("sandboxes/a").is_null());
  EXPECT_EQ(last->object->key.name, "a") << "the answer is the last object";
}

TEST_F(DeleteTest, AVolumeIsHeldByItsProtection) {
  ASSERT_THAT(Post("volumes", R"({"apiVersion":"osbx.dev/v1","kind":"Volume",
      "metadata":{"name":"data","finalizers":["example.com/mine"]},
      "spec":{"host":{"path":"/x"}}})"_json_text),
              IsOk());
  const std::string protection(kVolumeFinalizer);
  EXPECT_EQ(Finalizers("volumes/data"), Json::array({"example.com/mine", protection}));
  ASSERT_THAT(Merge("volumes/data", R"({"metadata":{"finalizers":null}})"_json_text), IsOk());
  EXPECT_EQ(Finalizers("volumes/data"), Json::array({protection})) << "only a deleted one loses it";
  const auto deleting = Delete("volumes/data");
  ASSERT_THAT(deleting, IsOk());
  EXPECT_FALSE(deleting->removed);
  ASSERT_THAT(Merge("volumes/data", R"({"metadata":{"finalizers":null}})"_json_text), IsOk());
  EXPECT_TRUE(Stored("volumes/data").is_null());
}

TEST_F(DeleteTest, PropagationSetsTheCollectorsFinalizer) {
  ASSERT_THAT(Delete("secrets/v", {.propagation = Propagation::kForeground}), IsOk());
  EXPECT_EQ(Finalizers("secrets/v"), Json::array({std::string(kForegroundFinalizer)}));
  ASSERT_THAT(Delete("secrets/v", {.propagation = Propagation::kOrphan}), IsOk());
  EXPECT_EQ(Finalizers("secrets/v"), Json::array({std::string(kOrphanFinalizer)}));
  const auto gone = Delete("secrets/v", {.propagation = Propagation::kBackground});
  ASSERT_THAT(gone, IsOk());
  EXPECT_TRUE(gone->removed);
  EXPECT_TRUE(Stored("secrets/v").is_null());
}

TEST_F(DeleteTest, PreconditionsAreOfTheStoredObject) {
  EXPECT_THAT(MessageOf(Delete("secrets/v", {.uid = "x"})),
              HasSubstr("the UID in the precondition (x) does not match the UID in record ("));
  EXPECT_THAT(Delete("secrets/v", {.resource_version = "1"}), StatusIs(Code::kConflict));
  EXPECT_THAT(Delete("secrets/v", {.resource_version = std::to_string(RevisionOf("secrets/v"))}),
              IsOk());
}

TEST_F(DeleteTest, DryRunDeletesNothing) {
  const auto gone = Delete("secrets/v", {.dry_run = true});
  ASSERT_THAT(gone, IsOk());
  EXPECT_TRUE(gone->removed);
  EXPECT_FALSE(Stored("secrets/v").is_null());
}

TEST_F(DeleteTest, NamespacesGoWhenTheyAreFinalized) {
  ASSERT_THAT(Post("namespaces", {{"metadata", {{"name", "n"}}}}), IsOk());
  Json ns = Stored("namespaces/n");
  EXPECT_EQ(ns["metadata"]["labels"]["kubernetes.io/metadata.name"], "n");
  EXPECT_EQ(ns["spec"]["finalizers"], R"(["kubernetes"])"_json_text);
  EXPECT_EQ(ns["status"]["phase"], "Active");
  const auto deleting = Delete("namespaces/n");
  ASSERT_THAT(deleting, IsOk());
  EXPECT_FALSE(deleting->removed);
  EXPECT_EQ(Stored("namespaces/n")["status"]["phase"], "Terminating");
  const auto late = Post("sandboxes/n/late", Sandbox("late"));
  EXPECT_FAILS(
      late, Code::kPermissionDenied,
      "sandboxes.osbx.dev \"late\" is forbidden: unable to create new content in namespace "
      "n because it is being terminated");
  EXPECT_EQ(late.error().causes()[0].reason, "NamespaceTerminating");
  EXPECT_EQ(late.error().causes()[0].field, "metadata.namespace");
  // Only the finalize endpoint empties spec.finalizers.
  ASSERT_THAT(Merge("namespaces/n", R"({"spec":{"finalizers":null}})"_json_text), IsOk());
  EXPECT_FALSE(Stored("namespaces/n").is_null());
  ns = Stored("namespaces/n");
  ns["spec"]["finalizers"] = Json::array();
  ASSERT_THAT(registry_.FinalizeNamespace(At("namespaces/n"), ns, As("t")), IsOk());
  EXPECT_TRUE(Stored("namespaces/n").is_null());
}

TEST_F(DeleteTest, SystemNamespacesStay) {
  for (const char* name : {"namespaces/default", "namespaces/osbx-system"}) {
    EXPECT_THAT(Delete(name), StatusIs(Code::kPermissionDenied));
    EXPECT_FALSE(Stored(name).is_null());
  }
  EXPECT_THAT(registry_.EnsureNamespaces(), IsOk()) << "they are there already";
}

TEST_F(DeleteTest, ACollectionIsChosenBySelectors) {
  for (int i = 0; i < 4; ++i) {
    Json body{
        {"metadata", {{"name", "s" + std::to_string(i)}, {"labels", {{"i", std::to_string(i)}}}}}};
    ASSERT_THAT(Post("secrets", body), IsOk());
  }
  const auto gone = registry_.DeleteCollection(
      Kind("secrets"), {.ns = "default", .label_selector = "i in (1,2)"}, {}, As("t"));
  ASSERT_THAT(gone, IsOk());
  EXPECT_EQ(gone->objects.size(), 2U);
  EXPECT_FALSE(Stored("secrets/s0").is_null());
  EXPECT_TRUE(Stored("secrets/s1").is_null());
  EXPECT_TRUE(Stored("secrets/s2").is_null());
}

TEST_F(DeleteTest, OptionsOfTheBodyWin) {
  const auto parse = [](const char* body, const DeleteQuery& query) {
    const Json json = Json::parse(body);
    return ParseDeleteOptions(&json, query);
  };
  const auto body = parse(R"({"propagationPolicy":"Foreground","preconditions":{"uid":"u"}})",
                          {.dry_run = {"All"}, .propagation_policy = "Orphan"});
  ASSERT_THAT(body, IsOk());
  EXPECT_FALSE(body->dry_run);
  EXPECT_EQ(body->propagation, Propagation::kForeground);
  EXPECT_EQ(body->uid, "u");
  const auto query = ParseDeleteOptions(
      nullptr, {.dry_run = {"All"}, .propagation_policy = "Orphan", .grace_period_seconds = "3"});
  ASSERT_THAT(query, IsOk());
  EXPECT_TRUE(query->dry_run);
  EXPECT_EQ(query->propagation, Propagation::kOrphan);
  EXPECT_EQ(query->grace_period_seconds, 3);
  EXPECT_THAT(parse(R"({"propagationPolicy":"Frob"})", {}), StatusIs(Code::kInvalid));
  EXPECT_THAT(parse(R"({"propagationPolicy":"Orphan","orphanDependents":true})", {}),
              StatusIs(Code::kInvalid));
  const auto orphan = parse(R"({"orphanDependents":true})", {});
  ASSERT_THAT(orphan, IsOk());
  EXPECT_EQ(orphan->propagation, Propagation::kOrphan);
}

}  // namespace
}  // namespace osbx::registry
