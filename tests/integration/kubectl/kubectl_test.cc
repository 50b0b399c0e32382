// SPDX-License-Identifier: Apache-2.0
// Debian's real kubectl and the Python client against an API server in this process: what the
// contract's prototype passed (contract/kubectl.md §1), for tier A.
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/subprocess.h"
#include "fakes/temp_dir.h"
#include "unit/apiserver/api_fixture.h"

namespace osbx::apiserver {
namespace {

using fakes::Eventually;
using ::testing::HasSubstr;

constexpr std::string_view kSource = OSBX_SOURCE_DIR;

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

Outcome Execute(std::vector<std::string> argv, const std::string& home,
                const std::string& input = "",
                std::chrono::seconds timeout = std::chrono::seconds(60)) {
  const char* path = std::getenv("PATH");
  const auto result = RunSubprocess(
      {.argv = std::move(argv),
       .env = {"HOME=" + home, std::string("PATH=") + (path ? path : "/usr/bin:/bin")},
       .stdin_data = input,
       .timeout = timeout});
  if (!result) return {.err = result.error().ToString()};
  return {.exit_code = result->status.exit_code, .out = result->out, .err = result->err};
}

std::string FirstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

class KubectlTest : public ApiTest {
 protected:
  void SetUp() override {
    Start();
    program_ =
        FirstLine(Execute({std::string(kSource) + "/hack/kubectl", "--path"}, home_ / "").out);
    ASSERT_FALSE(program_.empty()) << "Debian's kubectl is missing: run hack/deps";
  }
  Outcome Kubectl(std::vector<std::string> arguments, const std::string& input = "") {
    arguments.insert(arguments.begin(),
                     {program_, "--server=http://127.0.0.1:" + std::to_string(server_->Port()),
                      "--cache-dir=" + (home_ / "cache")});
    return Execute(std::move(arguments), home_.Path().string(), input);
  }
  void MarkReady(const std::string& name) {
    const JsonReply reply =
        Patch(std::string(kSandboxes) + "/" + name + "/status", "application/merge-patch+json",
              R"({"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True",)"
              R"("reason":"Up","message":"","lastTransitionTime":"2026-01-01T00:00:00Z"}]}})");
    ASSERT_EQ(reply.status, 200) << reply.raw.body;
  }
  void DropFinalizers(const std::string& name) {
    Patch(std::string(kSandboxes) + "/" + name, "application/merge-patch+json",
          R"({"metadata":{"finalizers":null}})");
  }

  fakes::TempDir home_;
  std::string program_;
};

TEST_F(KubectlTest, GetsInEveryForm) {
  Create("train-1", R"({"team":"a"})");
  MarkReady("train-1");
  const Outcome table = Kubectl({"get", "sandboxes"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("NAME"));
  EXPECT_THAT(table.out, HasSubstr("PHASE"));
  EXPECT_THAT(table.out, HasSubstr("Running"));
  EXPECT_THAT(Kubectl({"get", "sbx", "-o", "wide", "-A"}).out, HasSubstr("NAMESPACE"));
  EXPECT_EQ(Kubectl({"get", "sbx/train-1", "-o", "name"}).out, "sandbox.osbx.dev/train-1\n");
  EXPECT_EQ(Kubectl({"get", "sbx", "train-1", "-o", "jsonpath={.spec.image}"}).out, "busybox");
  EXPECT_THAT(Kubectl({"get", "sbx", "-l", "team=a", "-o", "yaml"}).out, HasSubstr("team: a"));
  EXPECT_THAT(Kubectl({"get", "sbx", "-l", "team=b"}).err, HasSubstr("No resources found"));
  EXPECT_THAT(Kubectl({"get", "all"}).out, HasSubstr("sandbox.osbx.dev/train-1"));
  const Outcome missing = Kubectl({"get", "sbx", "nope"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("(NotFound): sandboxes.osbx.dev \"nope\" not found"));
}

TEST_F(KubectlTest, DiscoversAndDescribes) {
  Create("a");
  const Outcome resources = Kubectl({"api-resources"});
  EXPECT_EQ(resources.exit_code, 0) << resources.err;
  EXPECT_THAT(resources.out, HasSubstr("sandboxes"));
  EXPECT_THAT(Kubectl({"api-versions"}).out, HasSubstr("osbx.dev/v1"));
  EXPECT_THAT(Kubectl({"version"}).out, HasSubstr("Server Version"));
  const Outcome described = Kubectl({"describe", "sbx", "a"});
  EXPECT_EQ(described.exit_code, 0) << described.err;
  EXPECT_THAT(described.out, HasSubstr("Image:"));
  EXPECT_THAT(described.out, HasSubstr("Events:"));
}

TEST_F(KubectlTest, LabelsAnnotatesPatches) {
  Create("a");
  EXPECT_THAT(Kubectl({"label", "sbx", "a", "x=y"}).out, HasSubstr("labeled"));
  EXPECT_THAT(Kubectl({"annotate", "sbx", "a", "note=n"}).out, HasSubstr("annotated"));
  EXPECT_EQ(Kubectl({"label", "sbx", "a", "x=z"}).exit_code, 1);  // needs --overwrite
  const Outcome patched =
      Kubectl({"patch", "sbx", "a", "--type=merge", "-p", R"({"spec":{"timeoutSeconds":600}})"});
  EXPECT_EQ(patched.exit_code, 0) << patched.err;
  EXPECT_THAT(Kubectl({"patch", "sbx", "a", "--type=json", "-p",
                       R"([{"op":"replace","path":"/metadata/labels/x","value":"w"}])"})
                  .out,
              HasSubstr("patched"));
  const Json object = Get(std::string(kSandboxes) + "/a").body;
  EXPECT_EQ(object["metadata"]["labels"]["x"], "w");
  EXPECT_EQ(object["metadata"]["annotations"]["note"], "n");
  EXPECT_EQ(object["spec"]["timeoutSeconds"], 600);
}

TEST_F(KubectlTest, AppliesDiffersAndKeepsQuiet) {
  const std::string manifest =
      "apiVersion: osbx.dev/v1\nkind: Sandbox\nmetadata: {name: a}\nspec: {image: busybox}\n";
  const Outcome first = Kubectl({"apply", "--validate=false", "-f", "-"}, manifest);
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(first.out, "sandbox.osbx.dev/a created\n");
  EXPECT_EQ(Kubectl({"apply", "--validate=false", "-f", "-"}, manifest).out,
            "sandbox.osbx.dev/a unchanged\n");
  const std::string server_side =
      "apiVersion: osbx.dev/v1\nkind: Sandbox\nmetadata: {name: s, labels: {x: why}}\n"
      "spec: {image: busybox}\n";
  const Outcome applied =
      Kubectl({"apply", "--server-side", "--validate=false", "-f", "-"}, server_side);
  EXPECT_EQ(applied.exit_code, 0) << applied.err;
  EXPECT_THAT(applied.out, HasSubstr("serverside-applied"));
}

TEST_F(KubectlTest, WaitsAndDeletes) {
  Create("a");
  std::thread ready([this] {
    Eventually([this] { return server_->counters().requests[0][100].load() > 3; });
    MarkReady("a");
  });
  const Outcome waited = Kubectl({"wait", "--for=condition=Ready", "sbx/a", "--timeout=30s"});
  ready.join();
  EXPECT_EQ(waited.exit_code, 0) << waited.err;
  std::thread finalize([this] {
    Eventually([this] {
      const store::ObjectPtr object = store_.Find({"sandboxes", "default", "a"});
      return object && object->body->at("metadata").contains("deletionTimestamp");
    });
    DropFinalizers("a");
  });
  const Outcome deleted = Kubectl({"delete", "sbx", "a", "--timeout=30s"});
  finalize.join();
  EXPECT_EQ(deleted.exit_code, 0) << deleted.err;
  EXPECT_EQ(deleted.out, "sandbox.osbx.dev \"a\" deleted\n");
}

TEST_F(KubectlTest, WatchesUntilTheEvents) {
  Create("a");
  std::thread changes([this] {
    Eventually([this] { return server_->counters().streams.load() > 0; });
    Create("b");
    MarkReady("b");
  });
  const Outcome watched = Kubectl({"get", "sbx", "-w", "--request-timeout=3s"});
  changes.join();
  EXPECT_THAT(watched.out, HasSubstr("a "));
  EXPECT_THAT(watched.out, HasSubstr("b "));
  EXPECT_THAT(watched.out, HasSubstr("Running"));
}

TEST_F(KubectlTest, NamespacesAndSecrets) {
  EXPECT_EQ(Kubectl({"create", "namespace", "n"}).exit_code, 0);
  const Outcome secret =
      Kubectl({"-n", "n", "create", "secret", "generic", "s", "--from-literal=k=v"});
  EXPECT_EQ(secret.exit_code, 0) << secret.err;
  EXPECT_EQ(Kubectl({"-n", "n", "get", "secret", "s", "-o", "jsonpath={.data.k}"}).out, "dg==");
  const Outcome absent = Kubectl({"-n", "absent", "create", "secret", "generic", "s"});
  EXPECT_THAT(absent.err, HasSubstr("namespaces \"absent\" not found"));
}

TEST_F(KubectlTest, PythonDynamicClientAndWatch) {
  const std::string folder = std::string(kSource) + "/tests/integration/kubectl/";
  const Outcome venv = Execute({std::string(kSource) + "/hack/venv", folder + "requirements.txt"},
                               home_.Path().string(), "", std::chrono::seconds(300));
  ASSERT_EQ(venv.exit_code, 0) << venv.err;
  const Outcome python = Execute({FirstLine(venv.out), folder + "dynamic_client.py",
                                  "http://127.0.0.1:" + std::to_string(server_->Port())},
                                 home_.Path().string());
  EXPECT_EQ(python.exit_code, 0) << python.out << python.err;
  EXPECT_THAT(python.out, HasSubstr("all done"));
}

}  // namespace
}  // namespace osbx::apiserver
