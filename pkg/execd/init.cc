// SPDX-License-Identifier: Apache-2.0
#include "execd/init.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "base/unique_fd.h"
#include "execd/ping_server.h"

namespace osbx::execd {
namespace {

constexpr int kExitNotFound = 127;
constexpr int kExitNotExecutable = 126;
constexpr int kExitSignalBase = 128;

// Signals that PID 1 keeps to itself: faults of its own, and SIGCHLD.
sigset_t ForwardedSignals() {
  sigset_t set;
  sigfillset(&set);
  for (const int kept :
       {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS, SIGTTIN, SIGTTOU}) {
    sigdelset(&set, kept);
  }
  return set;
}

// Between fork and exec: only async-signal-safe calls. Never returns.
[[noreturn]] void BecomeEntrypoint(char* const* argv, const sigset_t& original_mask) {
  setpgid(0, 0);
  if (isatty(STDIN_FILENO) != 0) tcsetpgrp(STDIN_FILENO, getpgrp());
  sigprocmask(SIG_SETMASK, &original_mask, nullptr);
  execvp(argv[0], argv);
  const int why = errno;
  dprintf(STDERR_FILENO, "osbx-execd: cannot start %s: %s\n", argv[0], strerror(why));
  _exit(why == ENOENT || why == ENOTDIR ? kExitNotFound : kExitNotExecutable);
}

Result<pid_t> StartEntrypoint(const std::vector<std::string>& command,
                              const sigset_t& original_mask) {
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (const std::string& word : command)
    argv.push_back(const_cast<char*>(word.c_str()));  // exec takes char* const[]
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) return Error::FromErrno(errno, "fork");
  if (pid == 0) BecomeEntrypoint(argv.data(), original_mask);
  return pid;
}

int ExitCodeOf(int status) {
  return WIFSIGNALED(status) ? kExitSignalBase + WTERMSIG(status) : WEXITSTATUS(status);
}

// Reaps all that has ended. The entrypoint's exit code, once it is among them.
std::optional<int> Reap(pid_t entrypoint) {
  std::optional<int> code;
  int status = 0;
  for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
    if (pid == entrypoint) code = ExitCodeOf(status);
  }
  return code;
}

// Handles all pending signals: SIGCHLD reaps, anything else goes to the entrypoint.
std::optional<int> DrainSignals(int signal_fd, pid_t entrypoint) {
  std::optional<int> code;
  signalfd_siginfo info{};
  while (read(signal_fd, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGCHLD) {
      if (auto ended = Reap(entrypoint)) code = ended;
    } else {
      kill(entrypoint, static_cast<int>(info.ssi_signo));
    }
  }
  return code;
}

}  // namespace

Result<int> RunInit(const InitOptions& options) {
  if (options.command.empty()) return Error(Code::kInvalid, "no command given");
  sigset_t original;
  const sigset_t forwarded = ForwardedSignals();
  sigprocmask(SIG_SETMASK, &forwarded, &original);
  const UniqueFd signals(signalfd(-1, &forwarded, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) return Error::FromErrno(errno, "signalfd");

  PingServer ping;
  if (!options.socket_path.empty()) OSBX_CHECK(ping.Listen(options.socket_path));
  OSBX_TRY(const pid_t entrypoint, StartEntrypoint(options.command, original));

  std::vector<pollfd> fds;
  while (true) {
    fds.assign(1, pollfd{signals.Get(), POLLIN, 0});
    ping.AppendTo(fds);
    const int ready = poll(fds.data(), fds.size(), ping.TimeoutMs());
    if (ready < 0 && errno != EINTR) return Error::FromErrno(errno, "poll");
    if (auto code = DrainSignals(signals.Get(), entrypoint)) return *code;
    ping.Serve(fds);
  }
}

}  // namespace osbx::execd
