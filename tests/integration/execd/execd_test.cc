// SPDX-License-Identifier: Apache-2.0
// osbx-execd as a process (not as PID 1, for which the sandbox tests stand): exit codes, signals,
// orphans, and who is served.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "fakes/eventually.h"
#include "integration/execd/execd_process.h"

namespace {

using osbx::execd_test::ExecdProcess;
using osbx::execd_test::StartExecd;
using osbx::execd_test::WaitFor;
using osbx::execd_test::WriteText;
using osbx::fakes::TempDir;

const std::string kExecd = OSBX_BINARY_DIR "/bin/osbx-execd";

TEST(Execd, EndsWithTheEntrypointsExitCode) {
  EXPECT_EQ(WaitFor(StartExecd({"--", "sh", "-c", "exit 7"})), 7);
  EXPECT_EQ(WaitFor(StartExecd({"--", "sh", "-c", "kill -9 $$"})), 137);
}

TEST(Execd, MissingAndForbiddenCommandsHaveTheShellsCodes) {
  const TempDir dir;
  close(open((dir / "plain").c_str(), O_CREAT | O_CLOEXEC | O_WRONLY, 0644));
  EXPECT_EQ(WaitFor(StartExecd({"--", "no-such-command-here"})), 127);
  EXPECT_EQ(WaitFor(StartExecd({"--", dir / "plain"})), 126);
  EXPECT_EQ(WaitFor(StartExecd({"--"})), 125);
}

TEST(Execd, ForwardsSignalsToTheEntrypoint) {
  const TempDir dir;
  const std::string ready = dir / "ready";
  const pid_t pid = StartExecd(
      {"--", "sh", "-c", "trap 'exit 42' TERM; : >" + ready + "; while :; do sleep 0.05; done"});
  ASSERT_TRUE(osbx::fakes::Eventually([&ready] { return std::filesystem::exists(ready); }));
  kill(pid, SIGTERM);
  EXPECT_EQ(WaitFor(pid), 42);
}

TEST(Execd, ReapsOrphansWhileTheEntrypointRuns) {
  const TempDir dir;
  // The test stands in for a PID namespace: execd, as sub-reaper, inherits what the shell leaves
  // behind.
  const pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);  // kept over execve
    const std::string script =
        "(sh -c 'exit 0' &) ; (sh -c 'exit 0' &) ; sleep 0.3; "
        "for p in /proc/[0-9]*; do set -- $(sed 's/.*) //' $p/stat 2>/dev/null); "
        "[ \"$1\" = Z ] && [ \"$2\" = $PPID ] && exit 9; done; exit 0";
    execl(kExecd.c_str(), kExecd.c_str(), "--", "sh", "-c", script.c_str(), nullptr);
    _exit(99);
  }
  EXPECT_EQ(WaitFor(pid), 0);
}

TEST(Execd, RunsAScriptThatNamesNoInterpreterWithSh) {
  const TempDir dir;
  WriteText(dir / "script", "test \"$1\" = 'a b' && exit 5\n");
  chmod((dir / "script").c_str(), 0755);
  EXPECT_EQ(WaitFor(StartExecd({"--", dir / "script", "a b"})), 5);
  EXPECT_EQ(WaitFor(StartExecd({"--", "script", "a b"}, {{"PATH", dir.Path().string()}})), 5);
}

int StatusOf(const std::string& socket, std::string_view method, std::string_view target,
             std::string_view headers = "") {
  osbx::wire::WireClient client(socket);
  const auto reply = client.Call(method, target, headers);
  return reply ? reply->status : 0;
}

TEST(Execd, WithoutATokenOnlyPingIsServed) {
  const ExecdProcess execd(false);
  EXPECT_EQ(StatusOf(execd->socket(), "GET", "/ping"), 200);
  for (const char* target : {"/files/info", "/metrics", "/other", "/ping/", "//ping", "/"}) {
    EXPECT_EQ(StatusOf(execd->socket(), "GET", target), 401) << target;
    EXPECT_EQ(StatusOf(execd->socket(), "GET", target, "X-EXECD-ACCESS-TOKEN: \r\n"), 401);
  }
  EXPECT_EQ(StatusOf(execd->socket(), "POST", "/ping"), 401);
  EXPECT_EQ(StatusOf(execd->socket(), "POST", "/command"), 401);
}

TEST(Execd, WithATokenOnlyItsHolderIsServed) {
  const ExecdProcess execd;
  EXPECT_EQ(StatusOf(execd->socket(), "GET", "/files/info"), 401);
  EXPECT_EQ(StatusOf(execd->socket(), "GET", "/files/info", "X-EXECD-ACCESS-TOKEN: wrong\r\n"),
            401);
  EXPECT_EQ(execd->Call("GET", "/files/info").status, 200);
  EXPECT_EQ(execd->Call("GET", "/other").status, 404);
  EXPECT_EQ(StatusOf(execd->socket(), "GET", "/ping"), 200);
}

TEST(Execd, AnUnusableTokenIsNoReasonToBeOpen) {
  const TempDir dir;
  WriteText(dir / "token", "\n");
  EXPECT_EQ(WaitFor(StartExecd({"--socket", dir / "s", "--", "true"})), 125);
  EXPECT_EQ(WaitFor(StartExecd({"--token-file", dir / "none", "--", "true"})), 125);
}

TEST(Execd, SurvivesBadClients) {
  const ExecdProcess execd(false);
  for (const std::string& request :
       {std::string("\x01\x02 nonsense\r\n\r\n"), std::string(200'000, 'x'),
        std::string("GET /ping HTTP/1.1")}) {
    osbx::wire::WireClient client(execd->socket());
    client.Send(request);
    if (request.size() < 100) continue;
    const auto reply = client.ReadReply();  // none when the rest of the request was in the way
    EXPECT_TRUE(!reply || (reply->status >= 400 && reply->status < 500));
  }
  EXPECT_EQ(StatusOf(execd->socket(), "GET", "/ping"), 200);
}

}  // namespace
