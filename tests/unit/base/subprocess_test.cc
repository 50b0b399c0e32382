// SPDX-License-Identifier: Apache-2.0
#include "base/subprocess.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "fakes/eventually.h"
#include "fakes/matchers.h"
#include "fakes/temp_dir.h"

namespace osbx {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using std::chrono::milliseconds;

SubprocessOptions Shell(const std::string& script) {
  SubprocessOptions options;
  options.argv = {"/bin/sh", "-c", script};
  options.env = {"PATH=/usr/bin:/bin"};
  return options;
}

TEST(SubprocessTest, ReturnsOutputAndExitCode) {
  const auto ran = RunSubprocess(Shell("echo out; echo err >&2; exit 7"));
  ASSERT_THAT(ran, IsOk());
  EXPECT_EQ(ran->status.exit_code, 7);
  EXPECT_EQ(ran->out, "out\n");
  EXPECT_EQ(ran->err, "err\n");
  const auto killed = RunSubprocess(Shell("kill -9 $$"));
  ASSERT_THAT(killed, IsOk());
  EXPECT_EQ(killed->status.signal, SIGKILL);
  EXPECT_FALSE(killed->status.Ok());
}

TEST(SubprocessTest, GivesStdinAndNothingElse) {
  SubprocessOptions options = Shell("cat");
  options.stdin_data = std::string(300'000, 'x');
  options.max_output_bytes = 1'000'000;
  const auto ran = RunSubprocess(options);
  ASSERT_THAT(ran, IsOk());
  EXPECT_EQ(ran->out, options.stdin_data);
  const auto without = RunSubprocess(Shell("cat; ls /proc/self/fd | wc -l; env"));
  ASSERT_THAT(without, IsOk());
  EXPECT_THAT(without->out, ::testing::StartsWith("4\n")) << "0, 1, 2 and the one ls opens";
  EXPECT_THAT(without->out, ::testing::Not(::testing::HasSubstr("HOME=")));
  EXPECT_THAT(RunSubprocess([] {
                SubprocessOptions deaf = Shell("exec <&-; exit 0");
                deaf.stdin_data = std::string(300'000, 'x');
                return deaf;
              }()),
              IsOk());
}

TEST(SubprocessTest, KeepsAnEndlessTalkerBounded) {
  SubprocessOptions options = Shell("yes | head -c 5000000; echo end >&2");
  options.max_output_bytes = 1000;
  const auto ran = RunSubprocess(options);
  ASSERT_THAT(ran, IsOk());
  EXPECT_EQ(ran->out.size(), 1000U);
  EXPECT_EQ(ran->err, "end\n");
}

TEST(SubprocessTest, MissingProgramIsNotFound) {
  SubprocessOptions options;
  options.argv = {"/nonexistent/program"};
  EXPECT_THAT(RunSubprocess(options), StatusIs(Code::kNotFound));
}

TEST(SubprocessTest, DeadlineKillsTheWholeGroup) {
  const fakes::TempDir dir;
  SubprocessOptions options = Shell("sleep 100 & echo $! > " + (dir / "pid") + "; wait");
  options.timeout = milliseconds(300);
  EXPECT_THAT(RunSubprocess(options), StatusIs(Code::kDeadlineExceeded));
  pid_t grandchild = 0;
  std::ifstream(dir / "pid") >> grandchild;
  ASSERT_GT(grandchild, 0);
  EXPECT_TRUE(fakes::Eventually([&] {
    const auto stat = ReadFile("/proc/" + std::to_string(grandchild) + "/stat");
    return !stat || stat->find(") Z") != std::string::npos;
  }));
}

TEST(SubprocessTest, StopEndsTheWait) {
  std::stop_source stop;
  SubprocessOptions options = Shell("sleep 100");
  options.stop = stop.get_token();
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_THAT(RunSubprocess(options), StatusIs(Code::kCancelled));
}

TEST(SubprocessTest, DaemonThatKeepsThePipesDoesNotHoldUsUp) {
  const auto begin = std::chrono::steady_clock::now();
  const auto ran = RunSubprocess(Shell("sleep 20 & echo started"));
  ASSERT_THAT(ran, IsOk());
  EXPECT_EQ(ran->out, "started\n");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
}

TEST(SubprocessTest, NewSessionAndChildHandle) {
  SubprocessOptions options = Shell("exec sleep 100");
  options.new_session = true;
  auto child = StartSubprocess(options, -1, -1, -1);
  ASSERT_THAT(child, IsOk());
  EXPECT_EQ(::getsid(child->Pid()), child->Pid());
  EXPECT_THAT(child->Wait(milliseconds(1)), StatusIs(Code::kDeadlineExceeded));
  child->KillGroup();
  const auto status = child->Wait(fakes::kPatience);
  ASSERT_THAT(status, IsOk());
  EXPECT_EQ(status->signal, SIGKILL);
}

TEST(ChildReaperTest, CollectsWhatEndsLater) {
  auto child = StartSubprocess(Shell("exec sleep 100"), -1, -1, -1);
  ASSERT_THAT(child, IsOk());
  ChildReaper reaper;
  reaper.Add(child->Pid(), "x");
  EXPECT_EQ(reaper.Collect(), 1U);
  EXPECT_TRUE(reaper.Outstanding("x"));
  EXPECT_FALSE(reaper.Outstanding("y"));
  child->KillGroup();
  EXPECT_TRUE(fakes::Eventually([&] { return reaper.Collect() == 0; }));
  EXPECT_FALSE(reaper.Outstanding("x"));
}

TEST(FindProgramTest, LooksInOrder) {
  const fakes::TempDir dir;
  EXPECT_THAT(FindProgram("sh", {dir.Path(), "/bin"}), IsOk());
  EXPECT_EQ(*FindProgram("sh", {"/bin", "/usr/bin"}), "/bin/sh");
  EXPECT_THAT(FindProgram("sh", {dir.Path()}), StatusIs(Code::kNotFound));
  ASSERT_THAT(WriteFileAtomically(dir / "sh", "", {.mode = 0644}), IsOk());
  EXPECT_THAT(FindProgram("sh", {dir.Path()}), StatusIs(Code::kNotFound)) << "not executable";
  EXPECT_EQ(*FindProgram("/bin/sh", {}), "/bin/sh");
}

}  // namespace
}  // namespace osbx
