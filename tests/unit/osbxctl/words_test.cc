// SPDX-License-Identifier: Apache-2.0
// What osbxctl reads: durations, goals, names of things, completion, mistyped verbs; and what it
// says of failures and events.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/rfc3339.h"
#include "cmd/osbxctl/command_line.h"
#include "cmd/osbxctl/complete.h"
#include "cmd/osbxctl/describe_text.h"
#include "cmd/osbxctl/event_rows.h"
#include "cmd/osbxctl/resources.h"
#include "cmd/osbxctl/usage.h"
#include "cmd/osbxctl/wait_goal.h"
#include "fakes/matchers.h"

namespace osbx::ctl {
namespace {

using fakes::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(Duration, AsKubectlTakesThem) {
  struct Row {
    const char* text;
    std::int64_t ms;
  };
  static constexpr Row kRows[] = {
      {"90", 90'000}, {"90s", 90'000}, {"5m", 300'000}, {"1h30m", 5'400'000}, {"1.5s", 1500},
      {"500ms", 500}, {"0", 0},        {"-1s", -1000},  {"1m1s", 61'000}};
  for (const Row& row : kRows) {
    const auto parsed = ParseDuration(row.text);
    ASSERT_TRUE(parsed.has_value()) << row.text;
    EXPECT_EQ(parsed->count(), row.ms) << row.text;
  }
  for (const char* text : {"", "s", "5x", "1h5", "--1s", "1e9h", "99999999999999h", " 5s", "5 s"})
    EXPECT_THAT(ParseDuration(text), StatusIs(Code::kInvalid)) << text;
}

Json Ready(const char* status, int observed = 2) {
  return {{"metadata", {{"generation", 2}}},
          {"status",
           {{"phase", "Pending"},
            {"conditions", Json::array({{{"type", "Ready"},
                                         {"status", status},
                                         {"reason", "Mounting"},
                                         {"observedGeneration", observed}}})}}}};
}

TEST(Goal, IsReachedWhenTheObjectSaysSo) {
  struct Row {
    const char* goal;
    Json object;
    bool reached;
  };
  const Row rows[] = {
      {"condition=Ready", Ready("True"), true},
      {"condition=ready=true", Ready("True"), true},
      {"condition=Ready", Ready("False"), false},
      {"condition=Ready=False", Ready("False"), true},
      {"condition=Ready", Ready("True", 1), false},  // about an earlier generation
      {"condition=Other", Ready("True"), false},
      {"condition=Ready", Json::object(), false},
      {"phase=Pending", Ready("True"), true},
      {"phase=Running", Ready("True"), false},
      {"jsonpath={.status.phase}=Pending", Ready("True"), true},
      {"jsonpath=.status.phase=Running", Ready("True"), false},
      {"jsonpath={.status.phase}", Ready("True"), true},
      {"jsonpath={.status.ip}", Ready("True"), false},
      {"jsonpath={.status.conditions[?(@.type==\"Ready\")].status}=True", Ready("True"), true},
      {"create", Ready("True"), true},
      {"delete", Ready("True"), false},
  };
  for (const Row& row : rows) {
    const auto goal = Goal::Parse(row.goal);
    ASSERT_TRUE(goal.has_value()) << row.goal;
    EXPECT_EQ(goal->Reached(row.object), row.reached) << row.goal;
  }
  for (const char* text : {"", "Ready", "condition=", "phase=", "jsonpath=", "deleted"})
    EXPECT_THAT(Goal::Parse(text), StatusIs(Code::kInvalid)) << text;
}

TEST(Goal, SaysWhereTheObjectStands) {
  EXPECT_EQ(Goal::Parse("condition=Ready")->Note(Ready("False")), "Ready is False Mounting");
  EXPECT_EQ(Goal::Parse("condition=X")->Note(Ready("False")), "there is no condition X yet");
  EXPECT_EQ(Goal::Parse("phase=Running")->Note(Ready("False")), "its phase is Pending");
}

std::vector<Resource> Served() {
  return {{.group = "osbx.dev",
           .version = "v1",
           .kind = "Sandbox",
           .plural = "sandboxes",
           .singular = "sandbox",
           .short_names = {"sbx"},
           .categories = {"all"}},
          {.group = "",
           .version = "v1",
           .kind = "Secret",
           .plural = "secrets",
           .singular = "secret",
           .short_names = {},
           .categories = {"all"}}};
}

TEST(Targets, InKubectlsForms) {
  const auto shown = [](const std::vector<std::string>& words) {
    std::vector<std::string> out;
    const auto targets = ParseTargets(Served(), words);
    if (!targets) return std::vector<std::string>{std::string(CodeName(targets.error().code()))};
    for (const Target& target : *targets) out.push_back(target.resource.plural + " " + target.name);
    return out;
  };
  EXPECT_THAT(shown({"sbx"}), ElementsAre("sandboxes "));
  EXPECT_THAT(shown({"Sandbox", "a", "b"}), ElementsAre("sandboxes a", "sandboxes b"));
  EXPECT_THAT(shown({"sbx/a", "secret/b"}), ElementsAre("sandboxes a", "secrets b"));
  EXPECT_THAT(shown({"sandboxes.osbx.dev,secrets"}), ElementsAre("sandboxes ", "secrets "));
  EXPECT_THAT(shown({"all"}), ElementsAre("sandboxes ", "secrets "));
  EXPECT_THAT(shown({"sbx/a", "b"}), ElementsAre("Invalid"));
  EXPECT_THAT(shown({"sbx/"}), ElementsAre("Invalid"));
  EXPECT_THAT(shown({"pods"}), ElementsAre("NotFound"));
  EXPECT_THAT(shown({}), ElementsAre("Invalid"));
}

TEST(Targets, SandboxesByAnyOfTheirNames) {
  for (const char* word : {"a", "sbx/a", "sandbox/a", "Sandboxes/a", "pod/a"}) {
    const auto name = SandboxName(word);
    ASSERT_TRUE(name.has_value()) << word;
    EXPECT_EQ(*name, "a");
  }
  EXPECT_THAT(SandboxName("mount/a"), StatusIs(Code::kInvalid));
  EXPECT_THAT(SandboxName("sbx/"), StatusIs(Code::kInvalid));
}

std::vector<std::string> Completed(const std::vector<std::string>& words) {
  GlobalOptions options;
  Context context(options);
  const CommandLine line = MakeCommandLine(options, context);
  std::vector<std::string> out;
  const auto names = [](const std::string& plural) {
    return std::vector<std::string>{plural + "-1", plural + "-2"};
  };
  for (const Candidate& candidate : Complete(*line.app, words, names))
    out.push_back(candidate.text);
  return out;
}

TEST(Completion, KnowsVerbsTypesNamesFlagsAndValues) {
  EXPECT_THAT(Completed({"de"}), ElementsAre("describe", "delete"));
  EXPECT_THAT(Completed({"get", "sand"}), ElementsAre("sandboxes"));
  EXPECT_THAT(Completed({"get", "sandboxes,mou"}), ElementsAre("sandboxes,mounts"));
  EXPECT_THAT(Completed({"get", "sbx", ""}), ElementsAre("sandboxes-1", "sandboxes-2"));
  EXPECT_THAT(Completed({"describe", "mnt/"}), ElementsAre("mnt/mounts-1", "mnt/mounts-2"));
  EXPECT_THAT(Completed({"-n", "x", "logs", ""}), ElementsAre("sandboxes-1", "sandboxes-2"));
  EXPECT_THAT(Completed({"logs", "-f", "sandboxes-2"}), ElementsAre("sandboxes-2"));
  EXPECT_THAT(Completed({"get", "-n", ""}), ElementsAre("namespaces-1", "namespaces-2"));
  EXPECT_THAT(Completed({"get", "sbx", "-o", "y"}), ElementsAre("yaml"));
  EXPECT_THAT(Completed({"get", "sbx", "--output=j"}),
              ElementsAre("--output=json", "--output=jsonpath="));
  EXPECT_THAT(Completed({"get", "--field"}), ElementsAre("--field-selector"));
  EXPECT_THAT(Completed({"get", "--"}), Contains("--namespace"));
  EXPECT_THAT(Completed({"explain", "sandbox.spec.vol"}), ElementsAre("sandbox.spec.volumes"));
  EXPECT_THAT(Completed({"explain", "sandbox.spec.volumes.mount"}),
              ElementsAre("sandbox.spec.volumes.mountPath"));
  EXPECT_THAT(Completed({"completion", ""}), ElementsAre("bash", "zsh", "fish"));
}

TEST(Completion, LeavesFilesToTheShell) {
  EXPECT_THAT(Completed({"apply", "-f", ""}), IsEmpty());
  EXPECT_THAT(Completed({"exec", "x", "--", "l"}), IsEmpty());
  EXPECT_THAT(Completed({"nothing", ""}), Not(Contains("sandboxes")));
}

TEST(CommandLine, GuessesWhatWasMeant) {
  EXPECT_THAT(Similar("gte", {"get", "delete", "apply"}), ElementsAre("get"));
  EXPECT_THAT(Similar("desc", {"get", "describe"}), ElementsAre("describe"));
  EXPECT_THAT(Similar("frobnicate", {"get", "describe"}), IsEmpty());
}

TEST(Errors, NameTheServerAndTheWayOut) {
  EXPECT_EQ(ErrorText(Error(Code::kNotFound, "x not found").WithHttpStatus(404)),
            "Error from server (NotFound): x not found\n");
  EXPECT_EQ(ErrorText(Error(Code::kInvalid, "bad")), "error: bad\n");
  EXPECT_THAT(ErrorText(Error(Code::kUnavailable, "cannot reach osbxd at http://h:1: refused")),
              testing::AllOf(HasSubstr("http://h:1"), HasSubstr("OSBX_SERVER")));
  EXPECT_THAT(ErrorText(Error(Code::kUnauthenticated, "Unauthorized").WithHttpStatus(401)),
              testing::AllOf(HasSubstr("must be logged in"), HasSubstr("OSBX_TOKEN")));
}

Time TenPast() {
  return *ParseTime("2026-01-01T00:10:00Z");
}

Json Happened(const char* time, const char* reason, int count = 1) {
  return {{"lastTimestamp", time},
          {"firstTimestamp", "2026-01-01T00:00:00Z"},
          {"count", count},
          {"type", "Normal"},
          {"reason", reason},
          {"message", "did\nit"},
          {"involvedObject", {{"kind", "Sandbox"}, {"name", "a"}}}};
}

TEST(Events, AreSortedAndRepetitionsAreSaid) {
  std::vector<Json> events{Happened("2026-01-01T00:09:00Z", "Late", 3),
                           Happened("2026-01-01T00:05:00Z", "Early")};
  SortEvents(events);
  const Rows rows = EventRows(events, {.now = TenPast()});
  EXPECT_THAT(rows[1], ElementsAre("5m", "Normal", "Early", "sandbox/a", "did it"));
  EXPECT_EQ(rows[2][0], "60s (x3 over 10m)");
}

TEST(Describe, ShowsVolumesWithTheirMounts) {
  const Json sandbox = Json::parse(R"({"kind":"Sandbox","apiVersion":"osbx.dev/v1",
    "metadata":{"name":"a","namespace":"n","creationTimestamp":"2026-01-01T00:05:00Z"},
    "spec":{"image":"busybox","volumes":[{"name":"data","mountPath":"/mnt","readOnly":true,
      "subPath":"p","ossfs":{"bucket":"b","version":"1.0","endpoint":"http://e"}}]},
    "status":{"phase":"Running","expiresAt":"2026-01-01T00:20:00Z",
      "conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2026-01-01T00:06:00Z"}],
      "volumes":[{"name":"data","state":"Ready","mount":"m1"}]}})");
  const Json mount = Json::parse(R"({"status":{"phase":"Mounted","target":"/t","pid":7}})");
  const std::string text =
      DescribeText({.object = sandbox, .mounts = {{"m1", mount}}, .events = {}, .now = TenPast()});
  EXPECT_THAT(text, HasSubstr("Created:      2026-01-01T00:05:00Z (5m ago)\n"));
  EXPECT_THAT(text, HasSubstr("(in 10m)\n"));
  EXPECT_THAT(text, HasSubstr("  data\n    Path:    /mnt (ro)\n"
                              "    Source:  oss://b/p (ossfs 1.0 at http://e)\n"
                              "    State:   Ready\n    Mount:   m1: Mounted at /t, pid 7\n"));
  EXPECT_THAT(text, HasSubstr("Events:  <none>\n"));
}

TEST(Describe, I5_ShowsSizesOfSecretsOnly) {
  const Json secret = Json::parse(
      R"({"kind":"Secret","apiVersion":"v1","metadata":{"name":"s"},"data":{"k":"c2VjcmV0"}})");
  const std::string text =
      DescribeText({.object = secret, .mounts = {}, .events = {}, .now = TenPast()});
  EXPECT_THAT(text, HasSubstr("k: 6 bytes"));
  EXPECT_THAT(text, Not(HasSubstr("c2VjcmV0")));
}

TEST(Usage, IsWhatWasUsedBetweenTwoLooks) {
  const Json first{{"cpuTotalNanoseconds", 1'000'000'000}};
  const Json second{{"cpuTotalNanoseconds", 1'250'000'000},
                    {"memoryBytes", 32L * 1024 * 1024},
                    {"memoryLimitBytes", 128L * 1024 * 1024},
                    {"pids", 3}};
  const Usage usage = UsageBetween(first, second, 1'000'000'000);
  EXPECT_EQ(CpuText(usage.cpu_millis), "250m");
  EXPECT_EQ(MemoryText(usage.memory_bytes), "32Mi");
  EXPECT_EQ(PercentText(usage), "25%");
  // A restart in between, a clock that stood still, no limit.
  EXPECT_EQ(UsageBetween(second, first, 1'000'000'000).cpu_millis, 0);
  EXPECT_EQ(UsageBetween(first, second, 0).cpu_millis, 0);
  EXPECT_EQ(PercentText(UsageBetween(first, first, 1)), "<none>");
  EXPECT_EQ(MemoryText(300L * 1024), "300Ki");
}

}  // namespace
}  // namespace osbx::ctl
