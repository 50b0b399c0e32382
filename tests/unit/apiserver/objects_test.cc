// SPDX-License-Identifier: Apache-2.0
// Verbs on objects, as bytes on the wire (contract/kubectl.md §§2, 4).
#include "unit/apiserver/api_fixture.h"

namespace osbx::apiserver {
namespace {

using ::testing::HasSubstr;

TEST_F(ApiTest, CreatesReadsAndDeletes) {
  const JsonReply created = Call("POST", kSandboxes, Sandbox("a"));
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.body["kind"], "Sandbox");
  EXPECT_EQ(created.raw.Header("content-type"), "application/json");
  EXPECT_EQ(created.raw.Header("cache-control"), "no-cache, private");
  const JsonReply read = Get(std::string(kSandboxes) + "/a");
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.body, created.body);
  const JsonReply deleted = Call("DELETE", std::string(kVolumes) + "/absent");
  EXPECT_EQ(deleted.status, 404);
}

TEST_F(ApiTest, AFinishedDeleteIsAStatusAndOneWithFinalizersIsTheObject) {
  const std::string secrets = "/api/v1/namespaces/default/secrets";
  ASSERT_EQ(Call("POST", secrets, R"({"metadata":{"name":"s"},"stringData":{"k":"v"}})").status,
            201);
  const std::string uid = Get(secrets + "/s").body["metadata"]["uid"];
  const JsonReply gone = Call("DELETE", secrets + "/s");
  EXPECT_EQ(gone.status, 200);
  EXPECT_EQ(gone.body, (Json{{"kind", "Status"},
                             {"apiVersion", "v1"},
                             {"metadata", Json::object()},
                             {"status", "Success"},
                             {"details", {{"name", "s"}, {"kind", "secrets"}, {"uid", uid}}}}));
  Create("held");  // admission adds the container finalizer
  const JsonReply held = Call("DELETE", std::string(kSandboxes) + "/held", "{}");
  EXPECT_EQ(held.status, 200);
  EXPECT_EQ(held.body["kind"], "Sandbox");
  EXPECT_TRUE(held.body["metadata"].contains("deletionTimestamp"));
}

TEST_F(ApiTest, ErrorsAreStatusObjects) {
  const JsonReply missing = Get(std::string(kSandboxes) + "/nope");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body,
            (Json{{"kind", "Status"},
                  {"apiVersion", "v1"},
                  {"metadata", Json::object()},
                  {"status", "Failure"},
                  {"message", "sandboxes.osbx.dev \"nope\" not found"},
                  {"reason", "NotFound"},
                  {"details", {{"name", "nope"}, {"group", "osbx.dev"}, {"kind", "sandboxes"}}},
                  {"code", 404}}));
  Create("a");
  EXPECT_EQ(Call("POST", kSandboxes, Sandbox("a")).body["reason"], "AlreadyExists");
  const JsonReply invalid =
      Call("POST", kSandboxes,
           R"({"apiVersion":"osbx.dev/v1","kind":"Sandbox","metadata":{"name":"b"},"spec":{}})");
  EXPECT_EQ(invalid.status, 422);
  EXPECT_EQ(invalid.body["details"]["kind"], "Sandbox");
  EXPECT_EQ(invalid.body["details"]["causes"][0]["field"], "spec");
  EXPECT_EQ(Call("POST", kSandboxes, "{nonsense").body["reason"], "BadRequest");
  EXPECT_EQ(Call("POST", "/apis/osbx.dev/v1/namespaces/nope/sandboxes", Sandbox("a"))
                .body["details"]["kind"],
            "namespaces");
}

TEST_F(ApiTest, UnknownPathsMethodsAndTypes) {
  for (const char* path : {"/apis/osbx.dev/v1/nonsense", "/apis/osbx.dev/v9/sandboxes", "//api",
                           "/apis/nope", "/nothing"}) {
    const JsonReply reply = Get(path);
    EXPECT_EQ(reply.status, 404) << path;
    EXPECT_EQ(reply.raw.body, "404 page not found\n") << path;
  }
  EXPECT_EQ(Call("POST", "/apis/osbx.dev/v1/sandboxes", Sandbox("a")).raw.body,
            "404 page not found\n");
  EXPECT_EQ(Call("PUT", kSandboxes, Sandbox("a")).body["message"], "name must be provided");
  EXPECT_EQ(Call("POST", kSandboxes, Sandbox("a"), "Content-Type: text/plain\r\n").status, 415);
  EXPECT_EQ(Get(kSandboxes, "Accept: text/html\r\n").body["reason"], "NotAcceptable");
  Create("a");
  EXPECT_EQ(Get(std::string(kSandboxes) + "/a/frob").body["message"],
            "sandboxes.osbx.dev \"a\" not found");
  EXPECT_EQ(Call("POST", std::string(kSandboxes) + "/a/status", Sandbox("a")).status, 405);
  EXPECT_EQ(
      Patch(std::string(kSandboxes) + "/a", "application/strategic-merge-patch+json", "{}").status,
      415);
}

TEST_F(ApiTest, BodiesMayBeYamlAndTypesMayBeMissing) {
  const std::string yaml =
      "apiVersion: osbx.dev/v1\nkind: Sandbox\nmetadata: {name: yam}\nspec: {image: busybox}\n";
  EXPECT_EQ(Call("POST", kSandboxes, yaml, "Content-Type: application/yaml\r\n").status, 201);
  EXPECT_EQ(
      Call("POST", kSandboxes, Sandbox("j"), "Content-Type: application/json; charset=utf-8\r\n")
          .status,
      201);
}

TEST_F(ApiTest, UnknownAndDuplicateFieldsWarnOrFail) {
  const std::string body =
      R"({"apiVersion":"osbx.dev/v1","kind":"Sandbox","metadata":{"name":"w"},)"
      R"("spec":{"image":"x","image":"busybox","frob":1}})";
  const JsonReply strict = Call("POST", std::string(kSandboxes) + "?fieldValidation=Strict", body);
  EXPECT_EQ(strict.status, 400);
  EXPECT_THAT(strict.body["message"].get<std::string>(), HasSubstr("unknown field \"spec.frob\""));
  EXPECT_THAT(strict.body["message"].get<std::string>(),
              HasSubstr("duplicate field \"spec.image\""));
  const JsonReply warned = Call("POST", kSandboxes, body);
  EXPECT_EQ(warned.status, 201);
  EXPECT_THAT(warned.raw.Header("warning"), HasSubstr("299 - \""));
}

TEST_F(ApiTest, PatchesApplyAndUpdatesConflict) {
  const std::string version = Create("a");
  const std::string url = std::string(kSandboxes) + "/a";
  EXPECT_EQ(Patch(url, "application/merge-patch+json", R"({"metadata":{"labels":{"l":"1"}}})")
                .body["metadata"]["labels"]["l"],
            "1");
  EXPECT_EQ(Patch(url, "application/json-patch+json",
                  R"([{"op":"add","path":"/metadata/labels/k","value":"2"}])")
                .status,
            200);
  Json stale = Get(url).body;
  stale["metadata"]["resourceVersion"] = version;
  const JsonReply conflict = Call("PUT", url, stale.dump());
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(conflict.body["reason"], "Conflict");
  const std::string apply = "application/apply-patch+yaml";
  const JsonReply applied =
      Patch(std::string(kSandboxes) + "/new?fieldManager=m", apply,
            "apiVersion: osbx.dev/v1\nkind: Sandbox\nmetadata: {name: new}\nspec: {image: i}\n");
  EXPECT_EQ(applied.status, 201) << applied.raw.body;
  EXPECT_EQ(Patch(std::string(kSandboxes) + "/new?fieldManager=m", apply, Sandbox("new")).status,
            422);  // spec.image may not change
  EXPECT_EQ(Patch(url, apply, Sandbox("a")).body["details"]["causes"][0]["field"], "fieldManager");
}

TEST_F(ApiTest, StatusIsASubresource) {
  Create("a");
  const std::string url = std::string(kSandboxes) + "/a";
  const JsonReply reply =
      Patch(url + "/status", "application/merge-patch+json",
            R"({"status":{"phase":"Running"},"metadata":{"labels":{"x":"y"}}})");
  EXPECT_EQ(reply.status, 200) << reply.raw.body;
  EXPECT_EQ(reply.body["status"]["phase"], "Running");
  EXPECT_FALSE(reply.body["metadata"].contains("labels"));
}

TEST_F(ApiTest, ListsPageAndSelect) {
  for (const char* name : {"a", "b", "c"}) {
    Create(name, std::string(name) == "b" ? R"({"t":"x"})" : "{}");
  }
  const JsonReply all = Get(kSandboxes);
  EXPECT_EQ(all.body["kind"], "SandboxList");
  EXPECT_EQ(all.body["apiVersion"], "osbx.dev/v1");
  EXPECT_EQ(all.body["items"].size(), 3U);
  EXPECT_EQ(all.body["metadata"]["resourceVersion"], std::to_string(store_.Current()));
  const JsonReply first = Get(std::string(kSandboxes) + "?limit=2");
  EXPECT_EQ(first.body["items"].size(), 2U);
  EXPECT_EQ(first.body["metadata"]["remainingItemCount"], 1);
  Create("d");  // not in the snapshot
  const JsonReply rest = Get(std::string(kSandboxes) + "?limit=2&continue=" +
                             first.body["metadata"]["continue"].get<std::string>());
  EXPECT_EQ(rest.body["items"].size(), 1U);
  EXPECT_EQ(rest.body["metadata"]["resourceVersion"], first.body["metadata"]["resourceVersion"]);
  EXPECT_EQ(Get(std::string(kSandboxes) + "?labelSelector=t+in+(x)").body["items"].size(), 1U);
  EXPECT_EQ(Get("/apis/osbx.dev/v1/sandboxes?fieldSelector=metadata.name%3Dc").body["items"].size(),
            1U);
  EXPECT_EQ(Get(std::string(kSandboxes) + "?sendInitialEvents=true").status, 422);
  EXPECT_EQ(Get("/apis/osbx.dev/v1/namespaces/nowhere/sandboxes").body["items"], Json::array());
}

TEST_F(ApiTest, DeletesACollection) {
  const std::string secrets = "/api/v1/namespaces/default/secrets";
  for (const char* name : {"x", "y"}) {
    Call("POST", secrets,
         std::string(R"({"metadata":{"labels":{"n":")") + name + R"("},"name":")" + name + "\"}}");
  }
  const JsonReply deleted = Call("DELETE", secrets + "?labelSelector=n%3Dx");
  EXPECT_EQ(deleted.body["kind"], "SecretList");
  EXPECT_EQ(deleted.body["items"].size(), 1U);
  EXPECT_EQ(Get(secrets).body["items"].size(), 1U);
  EXPECT_EQ(Call("DELETE", "/api/v1/secrets").status, 404);
}

TEST_F(ApiTest, TablesHaveColumnsCellsAndPartialObjects) {
  Create("a");
  clock_.Advance(std::chrono::minutes(5));
  const JsonReply table = Get(kSandboxes, kAcceptTable);
  EXPECT_EQ(table.raw.Header("content-type"), "application/json");
  EXPECT_EQ(table.body["kind"], "Table");
  EXPECT_EQ(table.body["apiVersion"], "meta.k8s.io/v1");
  const Json& columns = table.body["columnDefinitions"];
  EXPECT_EQ(columns[0], (Json{{"name", "Name"},
                              {"type", "string"},
                              {"format", "name"},
                              {"description", columns[0]["description"]},
                              {"priority", 0}}));
  const Json& row = table.body["rows"][0];
  ASSERT_EQ(row["cells"].size(), columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i]["name"] == "Age") EXPECT_EQ(row["cells"][i], "5m");
    if (columns[i]["name"] == "Image") EXPECT_EQ(row["cells"][i], "busybox");
    if (columns[i]["name"] == "IP") EXPECT_EQ(row["cells"][i], nullptr);
  }
  EXPECT_EQ(row["object"]["kind"], "PartialObjectMetadata");
  EXPECT_EQ(row["object"]["metadata"]["name"], "a");
  EXPECT_EQ(Get(std::string(kSandboxes) + "?includeObject=Object", kAcceptTable)
                .body["rows"][0]["object"]["kind"],
            "Sandbox");
  EXPECT_EQ(Get(std::string(kSandboxes) + "/a?includeObject=None", kAcceptTable)
                .body["rows"][0]["object"],
            nullptr);
  EXPECT_EQ(Get(std::string(kSandboxes) + "?includeObject=All", kAcceptTable).status, 400);
}

TEST_F(ApiTest, DryRunChangesNothing) {
  const auto before = store_.Current();
  const JsonReply reply = Call("POST", std::string(kSandboxes) + "?dryRun=All", Sandbox("a"));
  EXPECT_EQ(reply.status, 201);
  EXPECT_FALSE(reply.body["metadata"].contains("resourceVersion"));
  EXPECT_EQ(store_.Current(), before);
  EXPECT_EQ(Call("POST", std::string(kSandboxes) + "?dryRun=Some", Sandbox("a")).status, 422);
}

TEST_F(ApiTest, ABatchIsAllOrNothing) {
  const std::string good = R"({"items":[)" + Sandbox("a") + "," + Sandbox("b") + "]}";
  const JsonReply created = Call("POST", "/apis/osbx.dev/v1/batch?fieldManager=t", good);
  EXPECT_EQ(created.status, 200) << created.raw.body;
  EXPECT_EQ(created.body["committed"], true);
  EXPECT_EQ(created.body["items"][1]["effect"], "created");
  EXPECT_EQ(created.body["items"][1]["object"]["metadata"]["name"], "b");
  const JsonReply again = Call("POST", "/apis/osbx.dev/v1/batch?fieldManager=t", good);
  EXPECT_EQ(again.body["items"][0]["effect"], "unchanged");
  const auto before = store_.Current();
  const std::string bad = R"({"items":[)" + Sandbox("c") + R"(,{"apiVersion":"osbx.dev/v1",)" +
                          R"("kind":"Sandbox","metadata":{"name":"d"},"spec":{}}]})";
  const JsonReply failed = Call("POST", "/apis/osbx.dev/v1/batch?fieldManager=t", bad);
  EXPECT_EQ(failed.status, 422);
  EXPECT_EQ(failed.body["committed"], false);
  EXPECT_EQ(failed.body["items"][1]["status"]["reason"], "Invalid");
  EXPECT_EQ(store_.Current(), before);
  EXPECT_EQ(Call("POST", "/apis/osbx.dev/v1/batch?fieldManager=t", "{}").status, 400);
}

}  // namespace
}  // namespace osbx::apiserver
