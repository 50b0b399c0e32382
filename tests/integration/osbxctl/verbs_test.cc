// SPDX-License-Identifier: Apache-2.0
// Every verb of the real osbxctl with its main options, what it prints and how it ends.
#include <fcntl.h>
#include <signal.h>

#include "integration/osbxctl/osbxctl_fixture.h"

namespace osbx::ctl {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::chrono::seconds kPatience{30};

TEST_F(OsbxctlTest, ApplySaysCreatedConfiguredUnchanged) {
  const std::string file = File("a.yaml", Manifest("a"));
  EXPECT_EQ(Run({"apply", "-f", file}).out, "sandbox.osbx.dev/a created\n");
  EXPECT_EQ(Run({"apply", "-f", file}).out, "sandbox.osbx.dev/a unchanged\n");
  const std::string changed = Manifest("a", "  timeoutSeconds: 60\n");
  EXPECT_EQ(Run({"apply", "-f", "-", "--dry-run=server"}, changed).out,
            "sandbox.osbx.dev/a configured (server dry run)\n");
  EXPECT_EQ(Run({"apply", "-f", "-"}, changed).out, "sandbox.osbx.dev/a configured\n");
  EXPECT_EQ(Run({"apply", "-f", "-", "-o", "name"}, changed).out, "sandbox.osbx.dev/a\n");
  File("b.yml", Manifest("b"));
  EXPECT_EQ(Run({"apply", "-f", dir_.Path()}).out,
            "sandbox.osbx.dev/a configured\nsandbox.osbx.dev/b created\n");
}

TEST_F(OsbxctlTest, ApplyTakesAllOrNothingUnlessToldOtherwise) {
  const std::string both = Manifest("good") + "---\n" + Manifest("bad", "  frob: 1\n");
  const Outcome refused = Run({"apply", "-f", "-"}, both);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.out, IsEmpty());
  EXPECT_THAT(refused.err, AllOf(HasSubstr("<stdin>:7: sandbox.osbx.dev/bad"),
                                 HasSubstr("spec.frob"), HasSubstr("nothing was applied")));
  EXPECT_EQ(Run({"get", "sandbox", "good"}).exit_code, 1);
  const Outcome partly = Run({"apply", "-f", "-", "--all-or-nothing=false"}, both);
  EXPECT_EQ(partly.exit_code, 1);
  EXPECT_EQ(partly.out, "sandbox.osbx.dev/good created\n");
}

TEST_F(OsbxctlTest, YamlErrorsNameFileLineAndColumn) {
  const std::string file = File("bad.yaml", "a: 1\nb: [\n");
  const Outcome outcome = Run({"apply", "-f", file});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, StartsWith("error: " + file + ":3:1: "));
}

TEST_F(OsbxctlTest, DiffShowsWhatApplyWouldDoAndItsExitCode) {
  const std::string file = File("a.yaml", Manifest("a"));
  const Outcome fresh = Run({"diff", "-f", file});
  EXPECT_EQ(fresh.exit_code, 1);
  EXPECT_THAT(fresh.out,
              AllOf(HasSubstr("--- live/sandbox.osbx.dev/a\n"), HasSubstr("+  image: busybox\n")));
  Run({"apply", "-f", file});
  const Outcome same = Run({"diff", "-f", file});
  EXPECT_EQ(same.exit_code, 0) << same.out;
  EXPECT_THAT(same.out, IsEmpty());
  const Outcome changed = Run({"diff", "-f", "-"}, Manifest("a", "  timeoutSeconds: 60\n"));
  EXPECT_EQ(changed.exit_code, 1);
  EXPECT_THAT(changed.out, HasSubstr("+  timeoutSeconds: 60\n"));
  EXPECT_EQ(Run({"diff", "-f", "-"}, Manifest("a", "  frob: 1\n")).exit_code, 2);
  EXPECT_EQ(Run({"diff", "-f", dir_ / "none"}).exit_code, 2);
}

TEST_F(OsbxctlTest, GetInAllFormats) {
  Create("b", R"({"app":"web"})");
  Create("a");
  SetStatus("b", R"({"phase":"Running"})");
  EXPECT_THAT(Run({"get", "sbx"}).out, StartsWith("NAME   PHASE "));
  EXPECT_EQ(Run({"get", "sbx", "-o", "name"}).out, "sandbox.osbx.dev/a\nsandbox.osbx.dev/b\n");
  EXPECT_EQ(Run({"get", "sbx", "-l", "app=web", "-o", "name"}).out, "sandbox.osbx.dev/b\n");
  EXPECT_EQ(Run({"get", "sbx", "--field-selector", "status.phase=Running", "-o", "name"}).out,
            "sandbox.osbx.dev/b\n");
  EXPECT_EQ(Run({"get", "sbx/b", "-o", "jsonpath={.status.phase}"}).out, "Running");
  EXPECT_THAT(Run({"get", "sbx", "b", "-o", "yaml"}).out,
              AllOf(HasSubstr("kind: Sandbox\n"), Not(HasSubstr("managedFields"))));
  EXPECT_THAT(Run({"get", "sbx", "b", "-o", "yaml", "--show-managed-fields"}).out,
              HasSubstr("managedFields"));
  EXPECT_THAT(Run({"get", "sbx", "-A"}).out, StartsWith("NAMESPACE   NAME"));
  EXPECT_THAT(Run({"get", "sbx", "--no-headers", "--sort-by=.status.phase", "-L", "app"}).out,
              AllOf(StartsWith("a "), HasSubstr("web\n")));
  const Outcome empty = Run({"get", "volumes"});
  EXPECT_EQ(empty.err, "No resources found in default namespace.\n");
  EXPECT_EQ(empty.exit_code, 0);
  EXPECT_EQ(Run({"get", "mounts"}).err, "No resources found\n");
}

TEST_F(OsbxctlTest, GetFailsAsKubectlDoes) {
  EXPECT_EQ(Run({"get", "sbx", "none"}).err,
            "Error from server (NotFound): sandboxes.osbx.dev \"none\" not found\n");
  EXPECT_EQ(Run({"get", "sbx", "none", "--ignore-not-found"}).exit_code, 0);
  EXPECT_EQ(Run({"get", "foo"}).err, "error: the server doesn't have a resource type \"foo\"\n");
  EXPECT_EQ(Run({"get", "sbx", "a", "-l", "x=y"}).exit_code, 1);
  EXPECT_EQ(Run({"get", "sbx", "a", "-A"}).exit_code, 1);
  EXPECT_EQ(Run({"get"}).exit_code, 1);
}

TEST_F(OsbxctlTest, GetWatchesSeveralTypesUntilCtrlC) {
  Create("a");
  Running watch = Start({"get", "sandboxes,volumes", "-w"});
  ASSERT_TRUE(watch.Shows("sandbox.osbx.dev/a"));
  SetStatus("a", R"({"phase":"Running"})");
  EXPECT_TRUE(watch.Shows("Running"));
  Call("POST", apiserver::kVolumes,
       R"({"apiVersion":"osbx.dev/v1","kind":"Volume","metadata":{"name":"v"},)"
       R"("spec":{"host":{"path":"/srv"}}})");
  EXPECT_TRUE(watch.Shows("volume.osbx.dev/v"));
  kill(watch.child.Pid(), SIGINT);
  const auto ended = watch.child.Wait(kPatience);
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->signal, SIGINT);  // which a shell shows as 130
}

TEST_F(OsbxctlTest, GetWatchOnlyShowsWhatHappensFromNowOn) {
  Create("old");
  Running watch = Start({"get", "sbx", "--watch-only", "--output-watch-events", "--no-headers"});
  // Whether the watch has begun shows only by what it prints.
  int made = 0;
  ASSERT_TRUE(Eventually([&] {
    Create("new" + std::to_string(++made));
    return watch.Output().find("ADDED") != std::string::npos;
  }));
  EXPECT_THAT(watch.Output(), Not(HasSubstr("old")));
  Call("DELETE", std::string(kSandboxes) + "/old");
  EXPECT_TRUE(watch.Shows("old"));
  kill(watch.child.Pid(), SIGTERM);
  EXPECT_TRUE(watch.child.Wait(kPatience).has_value());
}

TEST_F(OsbxctlTest, WaitForConditionsPhasesAndTheEnd) {
  Create("a");
  Running ready = Start({"wait", "sandbox/a", "--for=condition=Ready", "--timeout=60s"});
  Running running = Start({"wait", "sbx", "--all", "--for=phase=Running", "--timeout=60s"});
  Running gone = Start({"wait", "sbx/a", "--for=delete", "--timeout=60s"});
  Running made = Start({"wait", "sbx/b", "--for=create", "--timeout=60s"});
  SetStatus("a", R"({"phase":"Running","conditions":[{"type":"Ready","status":"True",)"
                 R"("lastTransitionTime":"2026-01-01T00:00:00Z"}]})");
  for (Running* waiting : {&ready, &running}) {
    EXPECT_EQ(waiting->child.Wait(kPatience)->exit_code, 0);
    EXPECT_EQ(waiting->Output(), "sandbox.osbx.dev/a condition met\n");
  }
  Create("b");
  EXPECT_EQ(made.child.Wait(kPatience)->exit_code, 0);
  Call("DELETE", std::string(kSandboxes) + "/a");
  Patch(std::string(kSandboxes) + "/a", "application/merge-patch+json",
        R"({"metadata":{"finalizers":null}})");
  EXPECT_EQ(gone.child.Wait(kPatience)->exit_code, 0);
  EXPECT_EQ(gone.Output(), "sandbox.osbx.dev/a deleted\n");
}

TEST_F(OsbxctlTest, WaitFailsWithWhatItWaitedFor) {
  Create("a");
  const Outcome late = Run({"wait", "sbx/a", "--for=phase=Running", "--timeout=100ms"});
  EXPECT_EQ(late.exit_code, 1);
  EXPECT_THAT(late.err, AllOf(HasSubstr("timed out waiting for the condition on "
                                        "sandboxes.osbx.dev/a"),
                              Not(HasSubstr("\x1b"))));
  EXPECT_EQ(Run({"wait", "sbx/none", "--for=condition=Ready"}).err,
            "Error from server (NotFound): sandboxes.osbx.dev \"none\" not found\n");
  EXPECT_EQ(Run({"wait", "volumes", "--all", "--for=condition=Ready"}).err,
            "error: no matching resources found\n");
  EXPECT_EQ(Run({"wait", "sbx/a", "--for=Ready"}).exit_code, 1);
  EXPECT_EQ(Run({"wait", "sbx/a", "--for=delete", "--timeout=x"}).exit_code, 1);
}

TEST_F(OsbxctlTest, DeleteWaitsUntilTheObjectHasGone) {
  Create("a");
  EXPECT_EQ(Run({"delete", "sbx", "a", "--dry-run=server"}).out,
            "sandbox.osbx.dev \"a\" deleted (server dry run)\n");
  Running deleting = Start({"delete", "sandbox", "a"});
  ASSERT_TRUE(deleting.Shows("sandbox.osbx.dev \"a\" deleted\n"));
  Patch(std::string(kSandboxes) + "/a", "application/merge-patch+json",
        R"({"metadata":{"finalizers":null}})");
  EXPECT_EQ(deleting.child.Wait(kPatience)->exit_code, 0);
  Create("b");
  const Outcome late = Run({"delete", "sbx/b", "--timeout=100ms"});
  EXPECT_EQ(late.exit_code, 1);
  EXPECT_THAT(late.err, HasSubstr("timed out waiting for the deletion of sandbox.osbx.dev/b"));
  EXPECT_EQ(Run({"delete", "sbx/b", "--wait=false", "-o", "name"}).out, "sandbox.osbx.dev/b\n");
  EXPECT_EQ(Run({"delete", "sbx", "none"}).exit_code, 1);
  EXPECT_EQ(Run({"delete", "sbx", "none", "--ignore-not-found"}).exit_code, 0);
  EXPECT_THAT(Run({"delete", "sbx"}).err, HasSubstr("no name was specified"));
}

TEST_F(OsbxctlTest, DescribeAndEvents) {
  Create("a");
  const std::string uid = Get(std::string(kSandboxes) + "/a").body["metadata"]["uid"];
  for (const char* type : {"Normal", "Warning"}) {
    const apiserver::JsonReply made = Call(
        "POST", "/api/v1/namespaces/default/events",
        R"({"apiVersion":"v1","kind":"Event","metadata":{"name":")" +
            std::string(type == std::string("Normal") ? "n" : "w") +
            R"("},"involvedObject":{"kind":"Sandbox","name":"a","namespace":"default","uid":")" +
            uid + R"("},"type":")" + type + R"(","reason":"Why)" + type +
            R"(","message":"because","lastTimestamp":"2026-01-01T00:00:00Z"})");
    ASSERT_EQ(made.status, 201) << made.raw.body;
  }
  EXPECT_THAT(Run({"describe", "sbx", "a"}).out,
              AllOf(StartsWith("Name:"), HasSubstr("Image:"), HasSubstr("WhyWarning")));
  EXPECT_THAT(Run({"describe", "sbx", "a", "--show-events=false"}).out,
              Not(HasSubstr("WhyWarning")));
  EXPECT_EQ(Run({"describe", "sbx", "none"}).exit_code, 1);
  EXPECT_THAT(Run({"events"}).out, AllOf(StartsWith("LAST SEEN"), HasSubstr("sandbox/a")));
  EXPECT_THAT(Run({"events", "--types=Warning", "--for", "sandbox/a"}).out,
              AllOf(HasSubstr("WhyWarning"), Not(HasSubstr("WhyNormal"))));
  EXPECT_EQ(Run({"events", "--for", "sandbox/none"}).err,
            "No events found in default namespace.\n");
  EXPECT_EQ(Run({"events", "--types=Odd"}).exit_code, 1);
  Running watch = Start({"events", "-w", "--types=Warning"});
  ASSERT_TRUE(watch.Shows("WhyWarning"));
  Patch("/api/v1/namespaces/default/events/w", "application/merge-patch+json",
        R"({"reason":"Again","count":2})");
  EXPECT_TRUE(watch.Shows("Again"));
  kill(watch.child.Pid(), SIGINT);
  EXPECT_TRUE(watch.child.Wait(kPatience).has_value());
}

TEST_F(OsbxctlTest, LogsOfOneAndOfSeveral) {
  Create("web", R"({"app":"x"})");
  Create("two", R"({"app":"x"})");
  EXPECT_EQ(Run({"logs", "sandbox/web", "--tail=3", "--since=2m"}).out, "web tail=3 since=120\n");
  EXPECT_EQ(Run({"logs", "-l", "app=x", "--prefix"}).out,
            "[sandbox/two] two tail=-1 since=-1\n[sandbox/web] web tail=-1 since=-1\n");
  EXPECT_EQ(Run({"logs", "none"}).exit_code, 1);
  EXPECT_THAT(Run({"logs", "web", "-p"}).err, HasSubstr("no previous container"));
  EXPECT_EQ(Run({"logs"}).exit_code, 1);
  Running follow = Start({"logs", "-f", "web"});
  ASSERT_TRUE(follow.Shows("web tail"));
  kill(follow.child.Pid(), SIGINT);
  EXPECT_EQ(follow.child.Wait(kPatience)->signal, SIGINT);
  EXPECT_TRUE(Eventually([&] { return node_.follower_gone.load(); }));
}

TEST_F(OsbxctlTest, ExecPassesStreamsAndTheExitCode) {
  Create("web");
  const Outcome outcome = Run({"exec", "web", "--", "exit", "7"});
  EXPECT_EQ(outcome.exit_code, 7);
  EXPECT_EQ(outcome.out, "out\n");
  EXPECT_EQ(outcome.err, "err\ncommand terminated with exit code 7\n");
  const std::string much(300'000, 'x');
  EXPECT_EQ(Run({"exec", "-i", "sbx/web", "--", "cat"}, much.substr(0, 60'000)).out,
            much.substr(0, 60'000));
  EXPECT_THAT(Run({"exec", "web", "--", "missing"}).err, HasSubstr("no such program"));
  EXPECT_EQ(Run({"exec", "none", "--", "cat"}).err,
            "Error from server (NotFound): sandboxes.osbx.dev \"none\" not found\n");
  EXPECT_EQ(Run({"exec", "web"}).exit_code, 1);
  EXPECT_THAT(Run({"exec", "-it", "web", "--", "cat"}, "x").err, HasSubstr("Unable to use a TTY"));
}

TEST_F(OsbxctlTest, ExecThatIsInterruptedEndsTheCommand) {
  Create("web");
  Running running = Start({"exec", "-i", "web", "--", "exit", "0"});
  EXPECT_EQ(running.child.Wait(kPatience)->exit_code, 0);
  Running waiting = Start({"exec", "web", "--", "cat"});
  ASSERT_TRUE(Eventually([&] {
    kill(waiting.child.Pid(), SIGINT);
    return waiting.child.Wait(std::chrono::milliseconds(1)).has_value();
  }));
}

TEST_F(OsbxctlTest, TopMeasuresWhatRuns) {
  Create("web");
  Create("idle");
  SetStatus("web", R"({"phase":"Running"})");
  SetStatus("idle", R"({"phase":"Running"})");
  const Outcome all = Run({"top", "sandboxes"});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_THAT(all.out, AllOf(StartsWith("NAME   CPU(cores)   MEMORY(bytes)   MEMORY%   PIDS\nweb"),
                             HasSubstr("5Mi"), HasSubstr("50%"), Not(HasSubstr("idle"))));
  EXPECT_EQ(Run({"top", "sandbox", "idle"}).exit_code, 1);
  EXPECT_EQ(Run({"top", "nodes"}).exit_code, 1);
  EXPECT_EQ(Run({"top", "sbx", "-n", "other"}).err,
            "No running sandboxes found in other namespace.\n");
}

TEST_F(OsbxctlTest, DoctorTellsWhetherThereIsSomethingToRepair) {
  EXPECT_EQ(Run({"doctor"}).exit_code, 0);
  node_.ill = true;
  const Outcome ill = Run({"doctor"});
  EXPECT_EQ(ill.exit_code, 1);
  EXPECT_THAT(ill.out, AllOf(HasSubstr("StrayDirectory"), HasSubstr("/mnt/x")));
  EXPECT_EQ(ill.err, "1 finding; osbxctl explain FINDING tells what one means\n");
  const Outcome fixed = Run({"doctor", "--fix"});
  EXPECT_EQ(fixed.exit_code, 0);
  EXPECT_EQ(fixed.err, "1 finding, all repaired\n");
  EXPECT_THAT(Run({"doctor", "-o", "json"}).out, HasSubstr("\"findings\""));
}

TEST_F(OsbxctlTest, ExplainVersionAndHelp) {
  EXPECT_THAT(Run({"explain", "sbx.spec.volumes.ossfs"}).out, HasSubstr("FIELD: ossfs"));
  EXPECT_THAT(Run({"explain", "sandbox", "--recursive"}).out, HasSubstr("mountPath"));
  EXPECT_EQ(Run({"explain", "sandbox.spec.frob"}).exit_code, 1);
  EXPECT_EQ(Run({"explain", "frob"}).err, "error: couldn't find resource for \"frob\"\n");
  EXPECT_THAT(Run({"version"}).out,
              AllOf(StartsWith("Client Version: v"), HasSubstr("Server Version: v")));
  EXPECT_THAT(Run({"version", "--client", "-o", "yaml"}).out, StartsWith("clientVersion:\n"));
  EXPECT_THAT(Run({"--help"}).out, HasSubstr("Exit codes:"));
  EXPECT_THAT(Run({}).out, HasSubstr("Exit codes:"));
  for (const char* verb : {"apply", "diff", "get", "describe", "delete", "wait", "events", "logs",
                           "exec", "top", "doctor", "explain", "completion", "version"}) {
    const Outcome help = Run({verb, "--help"});
    EXPECT_EQ(help.exit_code, 0) << verb;
    EXPECT_THAT(help.out, HasSubstr("Examples:")) << verb;
  }
}

TEST_F(OsbxctlTest, MistakesAreWordedAndEndWithOne) {
  const Outcome verb = Run({"gte", "sbx"});
  EXPECT_EQ(verb.exit_code, 1);
  EXPECT_THAT(verb.err, AllOf(HasSubstr("unknown command \"gte\""), HasSubstr("\tget\n")));
  const Outcome flag = Run({"get", "sbx", "--frob"});
  EXPECT_EQ(flag.exit_code, 1);
  EXPECT_EQ(flag.err, "error: unknown flag: --frob\nSee 'osbxctl get --help' for usage.\n");
  EXPECT_THAT(Run({"version", "x"}).err, HasSubstr("unexpected argument: x"));
}

TEST_F(OsbxctlTest, AMissingServerIsNamedWithTheWayToSetIt) {
  const Outcome outcome = Run({"get", "sbx", "--server", "http://127.0.0.1:1"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("http://127.0.0.1:1: Connection refused"), HasSubstr("OSBX_SERVER")));
}

class OsbxctlWithKeyTest : public OsbxctlTest {
 protected:
  OsbxctlWithKeyTest() { options_.api_key = Secret("the-key"); }
};

TEST_F(OsbxctlWithKeyTest, AWrongKeyIsSaidWithoutShowingIt) {
  const Outcome wrong = Run({"get", "sbx"}, "", {"OSBX_TOKEN=wrong-key"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr("must be logged in"), HasSubstr("OSBX_TOKEN"),
                               Not(HasSubstr("wrong-key"))));
  EXPECT_EQ(Run({"exec", "a", "--", "cat"}).exit_code, 1);
  EXPECT_EQ(Run({"get", "sbx", "--token", "the-key"}).exit_code, 0);
}

TEST_F(OsbxctlTest, CompletionScriptsWorkInBashAndAreSoundElsewhere) {
  Create("web");
  const Outcome bash = Run({"completion", "bash"});
  const std::string script = File("completion.bash", bash.out);
  const auto complete = [&](const std::string& line) {
    const std::string driver = "source " + script + "; osbxctl() { " + Program() +
                               " \"$@\"; }; COMP_WORDBREAKS=$' \\t\\n\"=:'; COMP_LINE='" + line +
                               "'; COMP_POINT=${#COMP_LINE}; _osbxctl; echo \"${COMPREPLY[*]}\"";
    const auto result = RunSubprocess({.argv = {"/bin/bash", "--norc", "-c", driver},
                                       .env = Environment(),
                                       .stdin_data = "",
                                       .timeout = std::chrono::seconds(30)});
    return result ? result->out + result->err : result.error().ToString();
  };
  EXPECT_EQ(complete("osbxctl comp"), "completion\n");
  EXPECT_EQ(complete("osbxctl describe sandbox "), "web\n");
  EXPECT_EQ(complete("osbxctl logs sandb"), "\n");
  EXPECT_EQ(complete("osbxctl get sbx --output=ya"), "yaml\n");
  for (const char* shell : {"zsh", "fish"}) {
    const Outcome other = Run({"completion", shell});
    EXPECT_THAT(other.out, HasSubstr("__complete"));
    const auto program = FindProgram(shell, SearchPathFromEnvironment());
    if (!program) continue;  // hack/deps installs neither; where there is one, it checks the syntax
    const auto result = RunSubprocess(
        {.argv = {*program, "-n", File(shell, other.out)}, .env = Environment(), .stdin_data = ""});
    EXPECT_TRUE(result.has_value() && result->status.Ok()) << shell << (result ? result->err : "");
  }
  EXPECT_EQ(Run({"completion", "csh"}).exit_code, 1);
}

}  // namespace
}  // namespace osbx::ctl
