// SPDX-License-Identifier: Apache-2.0
// POST, PUT and patches with the texts of contract/kubectl.md §§4.1–4.5.
#include "registry/finalizers.h"
#include "registry/json_access.h"
#include "world.h"

namespace osbx::registry {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class WriteTest : public World {};

TEST_F(WriteTest, CreateStampsDefaultsAndFinalizer) {
  Json body = Sandbox("a");
  body["metadata"]["uid"] = "mine";
  body["metadata"]["creationTimestamp"] = "2001-01-01T00:00:00Z";
  body["metadata"]["generation"] = 7;
  body["metadata"]["selfLink"] = "/x";
  body["metadata"]["labels"] = Json::object();
  body["status"] = {{"phase", "Running"}};
  const auto made = Post("sandboxes", body);
  ASSERT_THAT(made, IsOk());
  const Json& object = *(*made)->body;
  EXPECT_EQ(object["metadata"]["uid"].get<std::string>().size(), 36U);
  EXPECT_EQ(object["metadata"]["creationTimestamp"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(object["metadata"]["generation"], 1);
  EXPECT_EQ(object["metadata"]["namespace"], "default");
  EXPECT_EQ(object["metadata"]["resourceVersion"], std::to_string((*made)->revision));
  EXPECT_EQ(object["metadata"]["finalizers"], Json::array({std::string(kContainerFinalizer)}));
  EXPECT_FALSE(object["metadata"].contains("selfLink"));
  EXPECT_FALSE(object["metadata"].contains("labels"));
  EXPECT_FALSE(object.contains("status"));
  EXPECT_EQ(object["spec"]["restartPolicy"], "Never");
  EXPECT_EQ(Json::parse(*(*made)->bytes), object);
}

TEST_F(WriteTest, CoreKindsHaveNoGenerationAndMayLeaveTheirTypeOut) {
  const auto made =
      Post("secrets", R"({"metadata":{"name":"s"},"stringData":{"k":"v"}})"_json_text);
  ASSERT_THAT(made, IsOk());
  const Json& object = *(*made)->body;
  EXPECT_EQ(object["kind"], "Secret");
  EXPECT_EQ(object["apiVersion"], "v1");
  EXPECT_EQ(object["data"], R"({"k":"dg=="})"_json_text);
  EXPECT_FALSE(object.contains("stringData"));
  EXPECT_FALSE(object["metadata"].contains("generation"));
}

TEST_F(WriteTest, TextsOfRefusedCreates) {
  ASSERT_THAT(Post("sandboxes", Sandbox("a")), IsOk());
  EXPECT_FAILS(Post("sandboxes", Sandbox("a")), Code::kAlreadyExists,
               "sandboxes.osbx.dev \"a\" already exists");
  EXPECT_FAILS(Post("sandboxes/nope/x", Sandbox("x")), Code::kNotFound,
               "namespaces \"nope\" not found");
  Json body = Sandbox("x");
  body["metadata"]["namespace"] = "other";
  EXPECT_FAILS(
      Post("sandboxes", body), Code::kInvalid,
      "the namespace of the provided object does not match the namespace sent on the request");
  body = Sandbox("x");
  body["metadata"]["resourceVersion"] = "5";
  EXPECT_FAILS(Post("sandboxes", body), Code::kInternal,
               "resourceVersion should not be set on objects to be created");
  body = Sandbox("x");
  body.erase("kind");
  const auto no_kind = Post("sandboxes", body);
  EXPECT_THAT(MessageOf(no_kind), HasSubstr("Object 'Kind' is missing in"));
  EXPECT_EQ(no_kind.error().details()->http_code, 400);
  body = Sandbox("x");
  body["apiVersion"] = "osbx.dev/v2";
  EXPECT_FAILS(Post("sandboxes", body), Code::kInvalid,
               "the API version in the data (osbx.dev/v2) does not match the expected API version "
               "(osbx.dev/v1)");
  body = Sandbox("x");
  body["kind"] = "Volume";
  const auto other_kind = Post("sandboxes", body);
  EXPECT_THAT(MessageOf(other_kind), HasSubstr("kind: Invalid value: \"Volume\": must be Sandbox"));
  body = Sandbox("x");
  body["metadata"]["labels"] = {{"a", 1}};
  EXPECT_FAILS(Post("sandboxes", body), Code::kInvalid,
               "Sandbox in version \"v1\" cannot be handled as a Sandbox: json: cannot unmarshal "
               "number into Go struct field ObjectMeta.labels of type string");
  EXPECT_FAILS(Post("sandboxes", Json::array()), Code::kInvalid,
               "the body of the request must be an object");
}

TEST_F(WriteTest, InvalidObjectsNameEachField) {
  Json body = Sandbox("x");
  body["spec"].erase("image");
  const auto one = Post("sandboxes", body);
  EXPECT_FAILS(one, Code::kInvalid,
               "Sandbox.osbx.dev \"x\" is invalid: spec: Required value: exactly one of image, "
               "snapshotRef must be given");
  ASSERT_EQ(one.error().causes().size(), 1U);
  EXPECT_EQ(one.error().causes()[0].reason, "FieldValueRequired");
  EXPECT_EQ(one.error().details()->kind, "Sandbox");
  EXPECT_EQ(one.error().details()->group, "osbx.dev");
  EXPECT_EQ(one.error().details()->name, "x");

  body["spec"]["timeoutSeconds"] = 0;
  EXPECT_EQ(MessageOf(Post("sandboxes", body)),
            "Sandbox.osbx.dev \"x\" is invalid: [spec.timeoutSeconds: Invalid value: 0: "
            "spec.timeoutSeconds in body should be greater than or equal to 1, spec: Required "
            "value: exactly one of image, snapshotRef must be given]");
}

TEST_F(WriteTest, NamesFollowRfc1123) {
  for (const char* name : {"A", "a.b", "-a", "a_b", "a/b", ".."}) {
    const auto refused = Post("sandboxes", Sandbox(name));
    ASSERT_THAT(refused, StatusIs(Code::kInvalid)) << name;
    ASSERT_FALSE(refused.error().causes().empty()) << name;
    EXPECT_EQ(refused.error().causes()[0].field, "metadata.name") << name;
  }
  EXPECT_THAT(Post("sandboxes", Sandbox(std::string(63, 'a'))), IsOk());
  EXPECT_THAT(Post("sandboxes", Sandbox(std::string(64, 'a'))), StatusIs(Code::kInvalid));
  EXPECT_THAT(Post("secrets", {{"metadata", {{"name", "a.b"}}}}), IsOk());
  EXPECT_FAILS(Post("sandboxes", R"({"apiVersion":"osbx.dev/v1","kind":"Sandbox",
                                     "spec":{"image":"x"}})"_json_text),
               Code::kInvalid,
               "Sandbox.osbx.dev \"\" is invalid: metadata.name: Required value: name or "
               "generateName is required");
}

TEST_F(WriteTest, LabelsAnnotationsAndOwnersAreChecked) {
  const std::pair<const char*, const char*> rows[] = {
      {R"({"labels":{"-a":"x"}})", "metadata.labels"},
      {R"({"labels":{"a":"-x"}})", "metadata.labels"},
      {R"({"annotations":{"a b":"x"}})", "metadata.annotations"},
      {R"({"finalizers":["a b"]})", "metadata.finalizers"},
      {R"({"ownerReferences":[{"apiVersion":"v1","kind":"Secret","name":"s"}]})",
       "metadata.ownerReferences[0].uid"},
      {R"({"ownerReferences":[
            {"apiVersion":"v1","kind":"Secret","name":"s","uid":"1","controller":true},
            {"apiVersion":"v1","kind":"Secret","name":"t","uid":"2","controller":true}]})",
       "metadata.ownerReferences"},
  };
  for (const auto& [metadata, field] : rows) {
    Json body = Sandbox("x");
    body["metadata"].update(Json::parse(metadata));
    const auto refused = Post("sandboxes", body);
    ASSERT_THAT(refused, StatusIs(Code::kInvalid)) << metadata;
    ASSERT_FALSE(refused.error().causes().empty()) << metadata;
    EXPECT_EQ(refused.error().causes()[0].field, field);
  }
}

TEST_F(WriteTest, GenerateNameFindsAFreeName) {
  Json body = Sandbox("");
  body["metadata"] = {{"generateName", "job-"}};
  const auto a = Post("sandboxes", body);
  const auto b = Post("sandboxes", body);
  ASSERT_THAT(a, IsOk());
  ASSERT_THAT(b, IsOk());
  EXPECT_THAT((*a)->key.name, ::testing::MatchesRegex("job-[bcdfghjklmnpqrstvwxz2456789]{5}"));
  EXPECT_NE((*a)->key.name, (*b)->key.name);
  EXPECT_EQ((*(*a)->body)["metadata"]["generateName"], "job-");
}

TEST_F(WriteTest, DryRunChangesNothing) {
  RequestInfo info = As("t");
  info.dry_run = true;
  const store::Revision before = store_.Current();
  const auto made = registry_.Create(At("sandboxes"), Sandbox("a"), info);
  ASSERT_THAT(made, IsOk());
  EXPECT_FALSE((*(*made)->body)["metadata"].contains("resourceVersion"));
  EXPECT_TRUE((*(*made)->body)["metadata"].contains("uid"));
  EXPECT_EQ(Json::parse(*(*made)->bytes), *(*made)->body);
  ASSERT_THAT(registry_.Create(At("sandboxes/nope/a"), Sandbox("a"), info),
              StatusIs(Code::kNotFound));
  EXPECT_EQ(store_.Current(), before);
}

TEST_F(WriteTest, UnknownFieldsWarnOrFailUnderStrict) {
  Json body = Sandbox("a");
  body["spec"]["frob"] = 1;
  body["extra"] = Json::object();
  RequestInfo info = As("t");
  info.duplicate_fields = {"spec.image"};
  info.field_validation = FieldValidation::kStrict;
  EXPECT_FAILS(registry_.Create(At("sandboxes"), body, info), Code::kInvalid,
               "Sandbox in version \"v1\" cannot be handled as a Sandbox: strict decoding error: "
               "unknown field \"extra\", unknown field \"spec.frob\", duplicate field "
               "\"spec.image\"");
  info.field_validation = FieldValidation::kWarn;
  ASSERT_THAT(registry_.Create(At("sandboxes"), body, info), IsOk());
  EXPECT_THAT(warnings_, ElementsAre("unknown field \"extra\"", "unknown field \"spec.frob\"",
                                     "duplicate field \"spec.image\""));
  EXPECT_FALSE(Stored("sandboxes/a").contains("extra"));
  EXPECT_FALSE(Stored("sandboxes/a")["spec"].contains("frob"));

  info.field_validation = FieldValidation::kStrict;
  info.duplicate_fields.clear();
  EXPECT_FAILS(registry_.Patch(At("sandboxes/a"), PatchType::kMerge, Subresource::kNone,
                               R"({"spec":{"frob":"hush"}})"_json_text, info),
               Code::kInvalid,
               " \"\" is invalid: patch: Invalid value: \"{..}\": strict decoding error: unknown "
               "field \"spec.frob\"");
}

TEST_F(WriteTest, APutNeedsTheRevisionItWasMadeFrom) {
  ASSERT_THAT(Post("sandboxes", Sandbox("a")), IsOk());
  Json body = Stored("sandboxes/a");
  body["spec"]["timeoutSeconds"] = 60;
  EXPECT_THAT(registry_.Update(At("sandboxes/a"), body, As("t")), IsOk());
  EXPECT_FAILS(registry_.Update(At("sandboxes/a"), body, As("t")), Code::kConflict,
               "Operation cannot be fulfilled on sandboxes.osbx.dev \"a\": the object has been "
               "modified; please apply your changes to the latest version and try again");
  body["metadata"].erase("resourceVersion");
  const auto missing = registry_.Update(At("sandboxes/a"), body, As("t"));
  EXPECT_THAT(MessageOf(missing), HasSubstr("metadata.resourceVersion: Invalid value: 0: must be "
                                            "specified for an update"));
  EXPECT_EQ(missing.error().details()->kind, "sandboxes");
  body = Stored("sandboxes/a");
  body["metadata"]["resourceVersion"] = "x";
  const auto no_number = registry_.Update(At("sandboxes/a"), body, As("t"));
  EXPECT_EQ(no_number.error().details()->http_code, 500);
  body = Stored("sandboxes/a");
  body["metadata"]["uid"] = "other";
  EXPECT_THAT(MessageOf(registry_.Update(At("sandboxes/a"), body, As("t"))),
              HasSubstr("Precondition failed: UID in precondition: other, UID in object meta: "));
  EXPECT_FAILS(registry_.Update(At("sandboxes/b"), Sandbox("b"), As("t")), Code::kNotFound,
               "sandboxes.osbx.dev \"b\" not found");
  EXPECT_FAILS(registry_.Update(At("sandboxes/a"), Sandbox("b"), As("t")), Code::kInvalid,
               "the name of the object (b) does not match the name on the URL (a)");
  EXPECT_FAILS(
      registry_.Update(At("sandboxes/a"),
                       R"({"apiVersion":"osbx.dev/v1","kind":"Sandbox"})"_json_text, As("t")),
      Code::kInvalid,
      "the name of the object (a based on URL) was undeterminable: name must be provided");
}

TEST_F(WriteTest, AWriteThatChangesNothingWritesNothing) {
  ASSERT_THAT(Post("sandboxes", Sandbox("a", {{"expiresAt", "2030-01-01T00:00:00Z"}})), IsOk());
  const store::Revision before = store_.Current();
  clock_.Advance(std::chrono::hours(1));
  // The forms in which Python and Node send times back.
  Json body = Stored("sandboxes/a");
  body["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00+00:00";
  body["spec"]["expiresAt"] = "2030-01-01T01:00:00.000+01:00";
  body["spec"]["env"] = nullptr;
  body["status"] = {{"phase", "Failed"}};
  const auto put = registry_.Update(At("sandboxes/a"), body, As("somebody"));
  ASSERT_THAT(put, IsOk());
  EXPECT_EQ(put->effect, Effect::kUnchanged);
  EXPECT_EQ(put->object->revision, RevisionOf("sandboxes/a"));
  EXPECT_THAT(Merge("sandboxes/a", Json::object()), IsOk());
  EXPECT_THAT(Merge("sandboxes/a", {{"spec", {{"image", "ubuntu"}}}}), IsOk());
  EXPECT_EQ(store_.Current(), before);
}

TEST_F(WriteTest, GenerationCountsChangesOfTheDesiredState) {
  ASSERT_THAT(Post("sandboxes", Sandbox("a")), IsOk());
  const auto generation = [&] { return Stored("sandboxes/a")["metadata"]["generation"]; };
  ASSERT_THAT(Merge("sandboxes/a", {{"metadata", {{"labels", {{"a", "b"}}}}}}), IsOk());
  EXPECT_EQ(generation(), 1);
  ASSERT_THAT(Merge("sandboxes/a", {{"spec", {{"timeoutSeconds", 5}}}}), IsOk());
  EXPECT_EQ(generation(), 2);
  Json body = Stored("sandboxes/a");
  body["status"] = {{"phase", "Running"}};
  body["spec"]["timeoutSeconds"] = 99;
  body["metadata"]["labels"] = {{"ignored", "yes"}};
  ASSERT_THAT(registry_.UpdateStatus(At("sandboxes/a"), body, As("t")), IsOk());
  EXPECT_EQ(generation(), 2);
  EXPECT_EQ(Stored("sandboxes/a")["spec"]["timeoutSeconds"], 5);
  EXPECT_EQ(Stored("sandboxes/a")["metadata"]["labels"], R"({"a":"b"})"_json_text);
  EXPECT_EQ(Stored("sandboxes/a")["status"]["phase"], "Running");
  ASSERT_THAT(registry_.Delete(At("sandboxes/a"), {}, As("t")), IsOk());
  EXPECT_EQ(generation(), 3);
}

TEST_F(WriteTest, ServerOwnedFieldsSurviveAClientsUpdate) {
  ASSERT_THAT(Post("sandboxes", Sandbox("a")), IsOk());
  const Json before = Stored("sandboxes/a");
  Json body = before;
  body["metadata"]["creationTimestamp"] = "2001-01-01T00:00:00Z";
  body["metadata"]["generation"] = 70;
  body["metadata"]["deletionTimestamp"] = "2001-01-01T00:00:00Z";
  body["metadata"].erase("finalizers");
  body["metadata"]["labels"] = {{"new", "x"}};
  ASSERT_THAT(registry_.Update(At("sandboxes/a"), body, As("t")), IsOk());
  Json after = Stored("sandboxes/a");
  EXPECT_EQ(after["metadata"]["labels"], R"({"new":"x"})"_json_text);
  for (const char* same : {"creationTimestamp", "generation", "uid", "finalizers"}) {
    EXPECT_EQ(after["metadata"][same], before["metadata"][same]) << same;
  }
  EXPECT_FALSE(after["metadata"].contains("deletionTimestamp"));
}

TEST_F(WriteTest, PatchesAreUnconditionalUnlessTheyNameARevision) {
  ASSERT_THAT(Post("sandboxes", Sandbox("a")), IsOk());
  EXPECT_THAT(
      Merge("sandboxes/a", {{"metadata", {{"resourceVersion", "1"}, {"labels", {{"a", "b"}}}}}}),
      StatusIs(Code::kConflict));
  EXPECT_THAT(Merge("sandboxes/a",
                    {{"metadata", {{"resourceVersion", nullptr}, {"labels", {{"a", "b"}}}}}}),
              IsOk());
  const auto test = [&](const std::string& revision) {
    return registry_.Patch(
        At("sandboxes/a"), PatchType::kJson, Subresource::kNone,
        Json::array({{{"op", "test"}, {"path", "/metadata/resourceVersion"}, {"value", revision}},
                     {{"op", "add"}, {"path", "/metadata/labels/c"}, {"value", "d"}}}),
        As("t"));
  };
  EXPECT_THAT(test("1"), StatusIs(Code::kInvalid));
  EXPECT_THAT(test(std::to_string(RevisionOf("sandboxes/a"))), IsOk());
  EXPECT_EQ(Stored("sandboxes/a")["metadata"]["labels"], R"({"a":"b","c":"d"})"_json_text);
  EXPECT_THAT(Merge("sandboxes/a", {{"metadata", {{"name", "b"}}}}), StatusIs(Code::kInvalid));
  EXPECT_THAT(Merge("sandboxes/nope", Json::object()), StatusIs(Code::kNotFound));
}

TEST_F(WriteTest, ImmutableFieldsStay) {
  ASSERT_THAT(Post("sandboxes", Sandbox("a")), IsOk());
  EXPECT_FAILS(Merge("sandboxes/a", {{"spec", {{"image", "other"}}}}), Code::kInvalid,
               "Sandbox.osbx.dev \"a\" is invalid: spec.image: Invalid value: \"other\": field is "
               "immutable");
}

TEST_F(WriteTest, StatusPatchesTouchOnlyStatus) {
  ASSERT_THAT(Post("sandboxes", Sandbox("a")), IsOk());
  const auto patched = registry_.Patch(
      At("sandboxes/a"), PatchType::kMerge, Subresource::kStatus,
      R"({"status":{"phase":"Running"},"spec":{"timeoutSeconds":5},"metadata":{"labels":{"a":"b"}}})"_json_text,
      As("t"));
  ASSERT_THAT(patched, IsOk());
  const Json after = Stored("sandboxes/a");
  EXPECT_EQ(after["status"]["phase"], "Running");
  EXPECT_FALSE(after["spec"].contains("timeoutSeconds"));
  EXPECT_FALSE(after["metadata"].contains("labels"));
  // And the main endpoint leaves the status alone.
  ASSERT_THAT(Merge("sandboxes/a",
                    R"({"status":{"phase":"Failed"},"spec":{"timeoutSeconds":5}})"_json_text),
              IsOk());
  EXPECT_EQ(Stored("sandboxes/a")["status"]["phase"], "Running");
  EXPECT_THAT(registry_.Patch(At("sandboxes/a"), PatchType::kMerge, Subresource::kStatus,
                              R"({"status":{"phase":"Dancing"}})"_json_text, As("t")),
              StatusIs(Code::kInvalid));
}

TEST_F(WriteTest, UnqualifiedFinalizersWarn) {
  Json body = Sandbox("a");
  body["metadata"]["finalizers"] = {"nope"};
  ASSERT_THAT(Post("sandboxes", body), IsOk());
  EXPECT_THAT(
      warnings_,
      ElementsAre(HasSubstr("metadata.finalizers: \"nope\": prefer a domain-qualified finalizer")));
}

TEST_F(WriteTest, EventsMayBeCreatedByPut) {
  const Json event = R"({"metadata":{"name":"e"},"involvedObject":{"kind":"Sandbox","name":"a"},
                         "eventTime":null,"reason":"Started"})"_json_text;
  const auto put = registry_.Update(At("events/e"), event, As("t"));
  ASSERT_THAT(put, IsOk());
  EXPECT_EQ(put->effect, Effect::kCreated);
  // Core kinds may be replaced without a revision.
  Json again = event;
  again["count"] = 2;
  EXPECT_THAT(registry_.Update(At("events/e"), again, As("t")), IsOk());
}

TEST_F(WriteTest, MountsAreMadeByOsbxAlone) {
  const Json mount = R"({"apiVersion":"osbx.dev/v1","kind":"Mount","metadata":{"name":"m"},
      "spec":{"backend":"ossfs","version":"2.0","endpoint":"https://e","bucket":"abc",
              "credentialFingerprint":"f"}})"_json_text;
  EXPECT_THAT(Post("mounts", mount), StatusIs(Code::kPermissionDenied));
  EXPECT_THAT(Apply("mounts/m", mount, "t"), StatusIs(Code::kPermissionDenied));
  RequestInfo internal;
  internal.internal = true;
  ASSERT_THAT(registry_.Create(At("mounts"), mount, internal), IsOk());
  EXPECT_EQ(Stored("mounts/m")["metadata"]["finalizers"], R"(["osbx.dev/mount"])"_json_text);
  EXPECT_FALSE(Stored("mounts/m")["metadata"].contains("managedFields"));
}

TEST_F(WriteTest, ASandboxCannotExpireBeforeItIsMade) {
  EXPECT_FAILS(Post("sandboxes", Sandbox("a", {{"expiresAt", "2025-12-31T23:59:59Z"}})),
               Code::kInvalid,
               "Sandbox.osbx.dev \"a\" is invalid: spec.expiresAt: Invalid value: "
               "\"2025-12-31T23:59:59Z\": must be in the future");
  EXPECT_THAT(Post("sandboxes", Sandbox("a", {{"expiresAt", "2026-01-01T00:00:01Z"}})), IsOk());
}

TEST_F(WriteTest, HostileDepthIsRefusedBeforeAnythingWalksIt) {
  Json deep = Json::object();
  constexpr int kDepth = 1000;  // making it is recursive too, and a sanitizer's frames are large
  for (int i = 0; i < kDepth; ++i) deep = Json{{"a", std::move(deep)}};
  EXPECT_THAT(Post("sandboxes", deep), StatusIs(Code::kInvalid));
  ASSERT_THAT(Post("sandboxes", Sandbox("a")), IsOk());
  EXPECT_THAT(Merge("sandboxes/a", deep), StatusIs(Code::kInvalid));
}

TEST_F(WriteTest, StatusOfControllersIsWrittenOnlyWhenItDiffers) {
  ASSERT_THAT(Post("sandboxes", Sandbox("a")), IsOk());
  const Json status{{"phase", "Running"}};
  const store::Revision read = RevisionOf("sandboxes/a");
  const auto first = registry_.SetStatus(At("sandboxes/a"), read, status);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->effect, Effect::kConfigured);
  EXPECT_THAT(registry_.SetStatus(At("sandboxes/a"), read, status), StatusIs(Code::kConflict));
  const auto second = registry_.SetStatus(At("sandboxes/a"), RevisionOf("sandboxes/a"), status);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->effect, Effect::kUnchanged);
  EXPECT_EQ(second->object->revision, first->object->revision);
  EXPECT_THAT(registry_.SetStatus(At("sandboxes/a"), 0, {{"phase", "Dancing"}}),
              StatusIs(Code::kInvalid));
  EXPECT_THAT(registry_.SetStatus(At("sandboxes/b"), 0, status), StatusIs(Code::kNotFound));
}

TEST_F(WriteTest, OptionsAreCheckedFirst) {
  const auto message = [](Verb verb, WriteQuery query) {
    return MessageOf(ParseWriteQuery(verb, query));
  };
  EXPECT_EQ(message(Verb::kCreate, {.dry_run = {"Some"}}),
            "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\"]: "
            "supported values: \"All\"");
  EXPECT_EQ(message(Verb::kApply, {}),
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required "
            "for apply patch");
  EXPECT_THAT(message(Verb::kUpdate, {.field_manager = std::string(129, 'x')}),
              HasSubstr("fieldManager: Too long"));
  EXPECT_THAT(message(Verb::kPatch, {.force = "true"}),
              HasSubstr("force: Forbidden: may not be specified for non-apply patch"));
  EXPECT_THAT(message(Verb::kPatch, {.field_validation = "Frob"}),
              HasSubstr("fieldValidation: Unsupported value: \"Frob\""));
  const auto info = ParseWriteQuery(
      Verb::kCreate,
      {.dry_run = {"All"}, .field_validation = "Strict", .user_agent = "kubectl/v1"});
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->manager, "kubectl");
  EXPECT_TRUE(info->dry_run);
  EXPECT_EQ(info->field_validation, FieldValidation::kStrict);
}

}  // namespace
}  // namespace osbx::registry
