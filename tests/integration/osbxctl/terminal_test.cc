// SPDX-License-Identifier: Apache-2.0
// osbxctl behind a real pseudo terminal: exec -it, and what only terminals get.
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <array>

#include "integration/osbxctl/osbxctl_fixture.h"

namespace osbx::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TerminalTest : public OsbxctlTest {
 protected:
  void TearDown() override {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    OsbxctlTest::TearDown();
  }

  void Open(std::vector<std::string> words, std::vector<std::string> more_environment = {}) {
    std::vector<std::string> environment = Environment();
    environment.insert(environment.end(), more_environment.begin(), more_environment.end());
    words.insert(words.begin(), Program());
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    std::vector<char*> env;
    env.reserve(environment.size() + 1);
    for (std::string& variable : environment) env.push_back(variable.data());
    env.push_back(nullptr);
    int master = -1;
    int slave = -1;
    winsize size{.ws_row = 30, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
    ASSERT_EQ(openpty(&master, &slave, nullptr, nullptr, &size), 0);
    master_.Reset(master);
    slave_.Reset(slave);
    ASSERT_EQ(tcgetattr(slave, &before_), 0);
    pid_ = fork();
    ASSERT_GE(pid_, 0);
    if (pid_ == 0) {
      login_tty(slave);
      execve(argv[0], argv.data(), env.data());
      _exit(127);
    }
  }

  bool Shows(const std::string& text) {
    return Eventually([&] {
      pollfd wait{master_.Get(), POLLIN, 0};
      std::array<char, 4096> bytes{};
      while (poll(&wait, 1, 10) > 0) {
        const ssize_t n = read(master_.Get(), bytes.data(), bytes.size());
        if (n <= 0) break;
        screen_.append(bytes.data(), static_cast<std::size_t>(n));
      }
      return screen_.find(text) != std::string::npos;
    });
  }
  void Type(std::string_view keys) {
    ASSERT_EQ(write(master_.Get(), keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  // The raw result of wait.
  int End() {
    int status = -1;
    EXPECT_TRUE(Eventually([&] {
      Shows("");  // a program that writes to a full terminal would not end
      return waitpid(pid_, &status, WNOHANG) == pid_;
    }));
    pid_ = -1;
    return status;
  }
  bool IsRaw() const {
    termios now{};
    return tcgetattr(slave_.Get(), &now) == 0 && (now.c_lflag & (ICANON | ISIG | ECHO)) == 0;
  }
  bool IsAsBefore() const {
    termios now{};
    return tcgetattr(slave_.Get(), &now) == 0 && now.c_lflag == before_.c_lflag &&
           now.c_iflag == before_.c_iflag && now.c_oflag == before_.c_oflag;
  }

  UniqueFd master_;
  UniqueFd slave_;
  termios before_{};
  pid_t pid_ = -1;
  std::string screen_;
};

TEST_F(TerminalTest, ExecTellsTheSizePassesKeysAndLeavesTheTerminalAsItWas) {
  Create("web");
  Open({"exec", "-it", "web", "--", "tty"});
  ASSERT_TRUE(Shows("size 100x30")) << screen_;
  EXPECT_TRUE(IsRaw());
  const winsize larger{.ws_row = 40, .ws_col = 120, .ws_xpixel = 0, .ws_ypixel = 0};
  ioctl(master_.Get(), TIOCSWINSZ, &larger);
  EXPECT_TRUE(Shows("size 120x40")) << screen_;
  Type("\x03");  // Ctrl-C belongs to the command
  EXPECT_TRUE(Shows("byte 3")) << screen_;
  Type("\x04");  // and so does Ctrl-D
  EXPECT_TRUE(Shows("byte 4")) << screen_;
  Type("q");
  const int status = End();
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_TRUE(IsAsBefore());
}

TEST_F(TerminalTest, ExecThatIsTerminatedLeavesTheTerminalAsItWas) {
  Create("web");
  Open({"exec", "-it", "web", "--", "tty"});
  ASSERT_TRUE(Shows("size 100x30")) << screen_;
  ASSERT_TRUE(Eventually([this] { return IsRaw(); }));
  kill(pid_, SIGTERM);
  const int status = End();
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_TRUE(IsAsBefore());
  EXPECT_TRUE(Eventually([this] { return node_.killed.load(); }));
}

TEST_F(TerminalTest, ExecThatCannotStartLeavesTheTerminalAlone) {
  Open({"exec", "-it", "none", "--", "tty"});
  EXPECT_TRUE(Shows("\"none\" not found")) << screen_;
  EXPECT_EQ(WEXITSTATUS(End()), 1);
  EXPECT_TRUE(IsAsBefore());
}

TEST_F(TerminalTest, AWaitSaysWhatItWaitsForAndCtrlCEndsIt) {
  Create("web");
  SetStatus("web", R"({"phase":"Pending","reason":"Mounting"})");
  Open({"wait", "sandbox/web", "--for=phase=Running", "--timeout=60s"});
  EXPECT_TRUE(Shows("waiting for sandbox.osbx.dev/web: its phase is Pending Mounting")) << screen_;
  Type("\x03");
  const int status = End();
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGINT);
}

TEST_F(TerminalTest, StatesAreColouredUnlessNoColorIsSet) {
  Create("web");
  SetStatus("web", R"({"phase":"Running"})");
  Open({"get", "sbx"});
  EXPECT_TRUE(Shows("\x1b[32mRunning\x1b[0m")) << screen_;
  EXPECT_EQ(WEXITSTATUS(End()), 0);
}

TEST_F(TerminalTest, NoColorTurnsColoursOff) {
  Create("web");
  SetStatus("web", R"({"phase":"Running"})");
  Open({"get", "sbx"}, {"NO_COLOR=1"});
  EXPECT_TRUE(Shows("Running")) << screen_;
  EXPECT_EQ(WEXITSTATUS(End()), 0);
  EXPECT_THAT(screen_, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace osbx::ctl
