// SPDX-License-Identifier: Apache-2.0
// osbx-execd as a process (not as PID 1, for which the sandbox tests stand): exit codes, signals,
// orphans, /ping.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/unique_fd.h"

namespace {

using std::chrono::steady_clock;

const std::string kExecd = OSBX_BINARY_DIR "/bin/osbx-execd";

pid_t Start(const std::vector<std::string>& args) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  std::vector<char*> argv{const_cast<char*>(kExecd.c_str())};
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  execv(kExecd.c_str(), argv.data());
  _exit(99);
}

int Wait(pid_t pid) {
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string Ping(const std::string& path, const std::string& request) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const auto deadline = steady_clock::now() + std::chrono::seconds(10);
  while (steady_clock::now() < deadline) {
    const osbx::UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (connect(fd.Get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) continue;
    send(fd.Get(), request.data(), request.size(), MSG_NOSIGNAL);
    std::string answer(256, '\0');
    const ssize_t n = recv(fd.Get(), answer.data(), answer.size(), 0);
    answer.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return answer;
  }
  return "no connection";
}

class TempDir {
 public:
  TempDir() {
    char pattern[] = "/tmp/execd-test-XXXXXX";
    path_ = mkdtemp(pattern);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() { std::filesystem::remove_all(path_); }
  std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

TEST(Execd, EndsWithTheEntrypointsExitCode) {
  EXPECT_EQ(Wait(Start({"--", "sh", "-c", "exit 7"})), 7);
  EXPECT_EQ(Wait(Start({"--", "sh", "-c", "kill -9 $$"})), 137);
}

TEST(Execd, MissingAndForbiddenCommandsHaveTheShellsCodes) {
  const TempDir dir;
  close(open((dir / "plain").c_str(), O_CREAT | O_CLOEXEC | O_WRONLY, 0644));
  EXPECT_EQ(Wait(Start({"--", "no-such-command-here"})), 127);
  EXPECT_EQ(Wait(Start({"--", dir / "plain"})), 126);
  EXPECT_EQ(Wait(Start({"--"})), 125);
}

TEST(Execd, ForwardsSignalsToTheEntrypoint) {
  const TempDir dir;
  const std::string ready = dir / "ready";
  const pid_t pid = Start(
      {"--", "sh", "-c", "trap 'exit 42' TERM; : >" + ready + "; while :; do sleep 0.05; done"});
  const auto deadline = steady_clock::now() + std::chrono::seconds(10);
  while (!std::filesystem::exists(ready) && steady_clock::now() < deadline) usleep(1000);
  ASSERT_TRUE(std::filesystem::exists(ready));
  kill(pid, SIGTERM);
  EXPECT_EQ(Wait(pid), 42);
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
  EXPECT_EQ(Wait(pid), 0);
}

TEST(Execd, AnswersPingAndSurvivesBadClients) {
  const TempDir dir;
  const std::string socket_path = dir / "execd.sock";
  const pid_t pid = Start({"--socket", socket_path, "--", "sleep", "60"});
  EXPECT_TRUE(
      Ping(socket_path, "GET /ping HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 200 OK"));
  EXPECT_TRUE(
      Ping(socket_path, "GET /other HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(Ping(socket_path, "\x01\x02 nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(
      Ping(socket_path, "GET /ping HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 200 OK"));
  kill(pid, SIGTERM);
  EXPECT_EQ(Wait(pid), 128 + SIGTERM);
}

}  // namespace
