// SPDX-License-Identifier: Apache-2.0
// Server-side apply and field ownership (contract/kubectl.md §6).
#include "world.h"

namespace osbx::registry {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using ::testing::HasSubstr;

class ApplyTest : public World {
 protected:
  // An applied body of sandbox "a": what is not given is not applied.
  static Json Body(Json spec, Json metadata = Json::object()) {
    metadata["name"] = "a";
    Json body{
        {"apiVersion", "osbx.dev/v1"}, {"kind", "Sandbox"}, {"metadata", std::move(metadata)}};
    if (!spec.is_null()) body["spec"] = std::move(spec);
    return body;
  }
  static Json Labels(Json labels) { return {{"labels", std::move(labels)}}; }
};

TEST_F(ApplyTest, CreatesThenIsUnchanged) {
  const Json body = Body({{"image", "x"}, {"env", {{{"name", "A"}, {"value", "1"}}}}});
  const auto made = Apply("sandboxes/a", body, "m1");
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->effect, Effect::kCreated);
  EXPECT_EQ(FieldsOf("sandboxes/a", "m1", "Apply"), R"({"f:spec":{"f:image":{},
      "f:env":{"k:{\"name\":\"A\"}":{".":{},"f:name":{},"f:value":{}}}}})"_json_text);
  const Json entry = Stored("sandboxes/a")["metadata"]["managedFields"][0];
  EXPECT_EQ(entry["apiVersion"], "osbx.dev/v1");
  EXPECT_EQ(entry["fieldsType"], "FieldsV1");
  EXPECT_EQ(entry["time"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(Stored("sandboxes/a")["metadata"]["managedFields"].size(), 1U);

  clock_.Advance(std::chrono::hours(1));
  const auto again = Apply("sandboxes/a", body, "m1");
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->effect, Effect::kUnchanged);
  EXPECT_EQ(again->object->revision, made->object->revision);
}

TEST_F(ApplyTest, ADifferentValueOfAnothersFieldIsAConflict) {
  ASSERT_THAT(Apply("sandboxes/a", Body({{"image", "x"}, {"timeoutSeconds", 5}}), "m1"), IsOk());
  const auto one = Apply("sandboxes/a", Body({{"timeoutSeconds", 6}}), "m2");
  EXPECT_FAILS(one, Code::kConflict,
               "Apply failed with 1 conflict: conflict with \"m1\": .spec.timeoutSeconds");
  ASSERT_EQ(one.error().causes().size(), 1U);
  EXPECT_EQ(one.error().causes()[0].reason, "FieldManagerConflict");
  EXPECT_EQ(one.error().causes()[0].message, "conflict with \"m1\"");
  EXPECT_EQ(one.error().causes()[0].field, ".spec.timeoutSeconds");
  EXPECT_TRUE(one.error().details()->name.empty());

  ASSERT_THAT(Merge("sandboxes/a", {{"metadata", {{"labels", {{"x", "1"}}}}}}, "upd"), IsOk());
  ASSERT_THAT(Apply("sandboxes/a",
                    Body({{"image", "x"}, {"timeoutSeconds", 5}}, Labels({{"y", "1"}})), "m1"),
              IsOk());
  const auto two = Apply("sandboxes/a", Body({{"timeoutSeconds", 6}}, Labels({{"y", "2"}})), "m2");
  EXPECT_FAILS(two, Code::kConflict,
               "Apply failed with 2 conflicts: conflicts with \"m1\":\n- .metadata.labels.y\n- "
               ".spec.timeoutSeconds");
  const auto update = Apply("sandboxes/a", Body(nullptr, Labels({{"x", "2"}})), "m2");
  EXPECT_FAILS(update, Code::kConflict,
               "Apply failed with 1 conflict: conflict with \"upd\" using osbx.dev/v1: "
               ".metadata.labels.x");
}

TEST_F(ApplyTest, ForceTakesTheFieldFromItsOwner) {
  ASSERT_THAT(Apply("sandboxes/a", Body({{"image", "x"}, {"timeoutSeconds", 5}}), "m1"), IsOk());
  ASSERT_THAT(Apply("sandboxes/a", Body({{"timeoutSeconds", 6}}), "m2", true), IsOk());
  EXPECT_EQ(Stored("sandboxes/a")["spec"]["timeoutSeconds"], 6);
  EXPECT_EQ(FieldsOf("sandboxes/a", "m1", "Apply"), R"({"f:spec":{"f:image":{}}})"_json_text);
  EXPECT_EQ(FieldsOf("sandboxes/a", "m2", "Apply"),
            R"({"f:spec":{"f:timeoutSeconds":{}}})"_json_text);
}

TEST_F(ApplyTest, EqualValuesAreOwnedTogetherAndStayUntilTheLastOwnerDropsThem) {
  ASSERT_THAT(Apply("sandboxes/a", Body({{"image", "x"}, {"timeoutSeconds", 5}}), "m1"), IsOk());
  ASSERT_THAT(Apply("sandboxes/a", Body({{"timeoutSeconds", 5}}), "m2"), IsOk());
  ASSERT_THAT(Apply("sandboxes/a", Body({{"image", "x"}}), "m1"), IsOk());
  EXPECT_EQ(Stored("sandboxes/a")["spec"]["timeoutSeconds"], 5);
  ASSERT_THAT(Apply("sandboxes/a", Body(nullptr), "m2"), IsOk());
  EXPECT_FALSE(Stored("sandboxes/a")["spec"].contains("timeoutSeconds"));
}

TEST_F(ApplyTest, DroppedFieldsGoAndDefaultsComeBack) {
  ASSERT_THAT(Apply("sandboxes/a",
                    Body({{"image", "x"}, {"restartPolicy", "Always"}, {"timeoutSeconds", 5}},
                         Labels({{"a", "1"}, {"b", "2"}})),
                    "m1"),
              IsOk());
  ASSERT_THAT(Apply("sandboxes/a", Body({{"image", "x"}}, Labels({{"b", "2"}})), "m1"), IsOk());
  const Json after = Stored("sandboxes/a");
  EXPECT_EQ(after["spec"]["restartPolicy"], "Never");
  EXPECT_FALSE(after["spec"].contains("timeoutSeconds"));
  EXPECT_EQ(after["metadata"]["labels"], R"({"b":"2"})"_json_text);
  ASSERT_THAT(Apply("sandboxes/a", Body({{"image", "x"}}), "m1"), IsOk());
  EXPECT_FALSE(Stored("sandboxes/a")["metadata"].contains("labels"));
}

TEST_F(ApplyTest, SetsAreUnitedAndEachManagerDropsItsOwn) {
  Json one = Body({{"image", "x"}});
  one["metadata"]["finalizers"] = {"one.dev/f"};
  Json two = Body(nullptr);
  two["metadata"]["finalizers"] = {"two.dev/f"};
  ASSERT_THAT(Apply("sandboxes/a", one, "m1"), IsOk());
  ASSERT_THAT(Apply("sandboxes/a", two, "m2"), IsOk());
  EXPECT_EQ(Stored("sandboxes/a")["metadata"]["finalizers"],
            R"(["one.dev/f","osbx.dev/container","two.dev/f"])"_json_text);
  EXPECT_EQ(FieldsOf("sandboxes/a", "m2", "Apply"),
            R"({"f:metadata":{"f:finalizers":{"v:\"two.dev/f\"":{}}}})"_json_text);
  ASSERT_THAT(Apply("sandboxes/a", Body({{"image", "x"}}), "m1"), IsOk());
  EXPECT_EQ(Stored("sandboxes/a")["metadata"]["finalizers"],
            R"(["osbx.dev/container","two.dev/f"])"_json_text);
}

TEST_F(ApplyTest, ListMapsAreMergedByKey) {
  ASSERT_THAT(Post("volumes", R"({"apiVersion":"osbx.dev/v1","kind":"Volume",
      "metadata":{"name":"v"},"spec":{"host":{"path":"/x"}}})"_json_text),
              IsOk());
  const auto status = [](const char* conditions) {
    return Json{{"apiVersion", "osbx.dev/v1"},
                {"kind", "Volume"},
                {"metadata", {{"name", "v"}}},
                {"status", {{"conditions", Json::parse(conditions)}}}};
  };
  const auto apply = [&](const char* conditions, const char* manager) {
    return registry_.Patch(At("volumes/v"), PatchType::kApply, Subresource::kStatus,
                           status(conditions), As(manager));
  };
  ASSERT_THAT(apply(R"([{"type":"A","status":"True"}])", "m1"), IsOk());
  ASSERT_THAT(apply(R"([{"type":"B","status":"True"}])", "m2"), IsOk());
  EXPECT_EQ(Stored("volumes/v")["status"]["conditions"],
            R"([{"type":"A","status":"True"},{"type":"B","status":"True"}])"_json_text);
  EXPECT_FAILS(apply(R"([{"type":"A","status":"False"}])", "m2"), Code::kConflict,
               "Apply failed with 1 conflict: conflict with \"m1\" with subresource \"status\": "
               ".status.conditions[type=\"A\"].status");
  ASSERT_THAT(apply("[]", "m1"), IsOk());
  EXPECT_EQ(Stored("volumes/v")["status"]["conditions"],
            R"([{"type":"B","status":"True"}])"_json_text);
  EXPECT_EQ(Stored("volumes/v")["metadata"]["managedFields"][0]["subresource"], "status");
}

TEST_F(ApplyTest, PlainWritesTakeWhatTheyChange) {
  ASSERT_THAT(Apply("sandboxes/a",
                    Body({{"image", "x"}, {"timeoutSeconds", 5}}, Labels({{"k", "1"}})), "m1"),
              IsOk());
  ASSERT_THAT(Merge("sandboxes/a", {{"metadata", {{"labels", {{"k", "2"}, {"n", "1"}}}}}}, "upd"),
              IsOk());
  EXPECT_EQ(FieldsOf("sandboxes/a", "m1", "Apply"),
            R"({"f:spec":{"f:image":{},"f:timeoutSeconds":{}}})"_json_text);
  EXPECT_EQ(FieldsOf("sandboxes/a", "upd", "Update"),
            R"({"f:metadata":{"f:labels":{"f:k":{},"f:n":{}}}})"_json_text);
  // What is removed leaves all entries, and an entry without fields vanishes.
  ASSERT_THAT(Merge("sandboxes/a", {{"metadata", {{"labels", nullptr}}}}, "other"), IsOk());
  EXPECT_TRUE(FieldsOf("sandboxes/a", "upd", "Update").is_null());
  EXPECT_TRUE(FieldsOf("sandboxes/a", "other", "Update").is_null());
}

TEST_F(ApplyTest, ACreatorOwnsContainersAndDefaultsToo) {
  Json body = Sandbox("a");
  body["metadata"]["labels"] = {{"k", "1"}};
  ASSERT_THAT(Post("sandboxes", body, "creator"), IsOk());
  EXPECT_EQ(FieldsOf("sandboxes/a", "creator", "Update"),
            R"({"f:metadata":{"f:labels":{".":{},"f:k":{}}},
                "f:spec":{".":{},"f:image":{},"f:imagePullPolicy":{},"f:restartPolicy":{},
                          "f:startPolicy":{},"f:terminationGracePeriodSeconds":{}}})"_json_text);
  // Statuses have an entry of their own.
  Json status = Stored("sandboxes/a");
  status["status"] = {{"phase", "Running"}};
  ASSERT_THAT(registry_.UpdateStatus(At("sandboxes/a"), status, As("creator")), IsOk());
  const Json entries = Stored("sandboxes/a")["metadata"]["managedFields"];
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[1]["subresource"], "status");
  EXPECT_EQ(entries[1]["fieldsV1"], R"({"f:status":{".":{},"f:phase":{}}})"_json_text);
}

TEST_F(ApplyTest, WhatWasThereBeforeTheFirstApplyHasAnOwner) {
  RequestInfo internal;
  internal.internal = true;
  ASSERT_THAT(registry_.Create(At("sandboxes"), Sandbox("a", {{"timeoutSeconds", 5}}), internal),
              IsOk());
  EXPECT_THAT(MessageOf(Apply("sandboxes/a", Body({{"timeoutSeconds", 6}}), "m")),
              HasSubstr("conflict with \"before-first-apply\" using osbx.dev/v1"));
}

// What kubectl >= 1.26 does when it finds an object of client-side apply.
TEST_F(ApplyTest, KubectlMigratesFromClientSideApply) {
  Json body = Sandbox("a", {{"timeoutSeconds", 5}});
  body["metadata"]["annotations"] = {{"kubectl.kubernetes.io/last-applied-configuration", "{}"}};
  ASSERT_THAT(Post("sandboxes", body, "kubectl-client-side-apply"), IsOk());
  Json entries = Stored("sandboxes/a")["metadata"]["managedFields"];
  ASSERT_EQ(entries.size(), 1U);
  entries[0]["manager"] = "kubectl";
  entries[0]["operation"] = "Apply";
  const auto migrated = registry_.Patch(
      At("sandboxes/a"), PatchType::kJson, Subresource::kNone,
      Json::array({{{"op", "replace"}, {"path", "/metadata/managedFields"}, {"value", entries}},
                   {{"op", "replace"},
                    {"path", "/metadata/resourceVersion"},
                    {"value", std::to_string(RevisionOf("sandboxes/a"))}}}),
      As("kubectl"));
  ASSERT_THAT(migrated, IsOk());
  ASSERT_EQ(Stored("sandboxes/a")["metadata"]["managedFields"].size(), 1U);
  EXPECT_FALSE(FieldsOf("sandboxes/a", "kubectl", "Apply").is_null());
  // The applier now owns what client-side apply had set, so leaving it out removes it.
  ASSERT_THAT(Apply("sandboxes/a", Body({{"image", "ubuntu"}}), "kubectl"), IsOk());
  EXPECT_FALSE(Stored("sandboxes/a")["spec"].contains("timeoutSeconds"));
  EXPECT_FALSE(Stored("sandboxes/a")["metadata"].contains("annotations"));
}

TEST_F(ApplyTest, ManagedFieldsCanBeCleared) {
  ASSERT_THAT(Post("sandboxes", Sandbox("a"), "creator"), IsOk());
  ASSERT_THAT(Merge("sandboxes/a", R"({"metadata":{"managedFields":[{}]}})"_json_text), IsOk());
  EXPECT_FALSE(Stored("sandboxes/a")["metadata"].contains("managedFields"));
  ASSERT_THAT(Merge("sandboxes/a", {{"spec", {{"timeoutSeconds", 5}}}}, "w"), IsOk());
  ASSERT_THAT(Merge("sandboxes/a", R"({"metadata":{"managedFields":[]}})"_json_text), IsOk());
  EXPECT_FALSE(Stored("sandboxes/a")["metadata"].contains("managedFields"));
  // A client that knows nothing of them does not lose them.
  ASSERT_THAT(Merge("sandboxes/a", {{"spec", {{"timeoutSeconds", 6}}}}, "w"), IsOk());
  Json body = Stored("sandboxes/a");
  body["metadata"].erase("managedFields");
  body["metadata"]["labels"] = {{"a", "b"}};
  ASSERT_THAT(registry_.Update(At("sandboxes/a"), body, As("put")), IsOk());
  EXPECT_FALSE(FieldsOf("sandboxes/a", "w", "Update").is_null());
  EXPECT_FALSE(FieldsOf("sandboxes/a", "put", "Update").is_null());
}

TEST_F(ApplyTest, RefusedBodies) {
  ASSERT_THAT(Post("sandboxes", Sandbox("a")), IsOk());
  Json body = Body({{"frob", 1}});
  const auto unknown = Apply("sandboxes/a", body, "m");
  EXPECT_FAILS(unknown, Code::kInternal,
               "failed to create typed patch object (/a; osbx.dev/v1, Kind=Sandbox): "
               ".spec.frob: field not declared in schema");
  EXPECT_EQ(unknown.error().details()->http_code, 500);
  EXPECT_EQ(unknown.error().details()->reason, "");
  body = Body({{"env", {{{"name", "A"}}, {{"name", "A"}}}}});
  EXPECT_THAT(MessageOf(Apply("sandboxes/a", body, "m")),
              HasSubstr(".spec.env: duplicate entries for key [name=\"A\"]"));
  body = Body(nullptr);
  body["metadata"]["managedFields"] = R"([{"manager":"x"}])"_json_text;
  EXPECT_FAILS(Apply("sandboxes/a", body, "m"), Code::kInvalid,
               "metadata.managedFields must be nil");
  body = Body(nullptr);
  body["metadata"].erase("name");
  EXPECT_THAT(Apply("sandboxes/a", body, "m"), StatusIs(Code::kInvalid));
  body = Body({{"image", "x"}});
  body["metadata"]["name"] = "new";
  body["metadata"]["uid"] = "u";
  EXPECT_THAT(Apply("sandboxes/new", body, "m"), StatusIs(Code::kConflict));
  body["metadata"].erase("uid");
  body["metadata"]["resourceVersion"] = "5";
  EXPECT_THAT(Apply("sandboxes/new", body, "m"), IsOk());
  EXPECT_THAT(Apply("sandboxes/nope/new", Body({{"image", "x"}}), "m"), StatusIs(Code::kInvalid));
  EXPECT_FAILS(Apply("sandboxes/nope/a", Body({{"image", "x"}}), "m"), Code::kNotFound,
               "namespaces \"nope\" not found");
}

TEST_F(ApplyTest, ManyPlainWritersAreFoldedIntoOneEntry) {
  ASSERT_THAT(Post("sandboxes", Sandbox("a"), "creator"), IsOk());
  for (int i = 0; i < 25; ++i) {
    clock_.Advance(std::chrono::seconds(1));
    const std::string n = std::to_string(i);
    ASSERT_THAT(Merge("sandboxes/a", {{"metadata", {{"labels", {{"k" + n, n}}}}}}, "w" + n),
                IsOk());
  }
  EXPECT_EQ(Stored("sandboxes/a")["metadata"]["managedFields"].size(), 10U);
  const Json old = FieldsOf("sandboxes/a", "ancient-changes", "Update");
  EXPECT_TRUE(old["f:spec"].contains("f:image"));
  EXPECT_TRUE(old["f:metadata"]["f:labels"].contains("f:k3"));
}

TEST_F(ApplyTest, SecretsGivenAsTextAreUnchangedWhenAppliedAgain) {
  const Json body = R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},
                        "stringData":{"k":"v"}})"_json_text;
  ASSERT_THAT(Apply("secrets/s", body, "m"), IsOk());
  EXPECT_EQ(FieldsOf("secrets/s", "m", "Apply"), R"({"f:data":{"f:k":{}}})"_json_text);
  const auto again = Apply("secrets/s", body, "m");
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->effect, Effect::kUnchanged);
}

}  // namespace
}  // namespace osbx::registry
