// SPDX-License-Identifier: Apache-2.0
#include "execd/init.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/unique_fd.h"
#include "execd/environment.h"
#include "execd/event_loop.h"
#include "execd/process.h"
#include "execd/server.h"

namespace osbx::execd {
namespace {

constexpr int kExitSignalBase = 128;
constexpr const char* kEnvFile = "/opt/opensandbox/.env";

// All but faults of its own, and what a write of execd's own brings about (a pipe whose reader has
// gone, a file at its limit), which must not end the entrypoint.
sigset_t ForwardedSignals() {
  sigset_t set;
  sigfillset(&set);
  for (const int kept : {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS, SIGTTIN,
                         SIGTTOU, SIGPIPE, SIGXFSZ}) {
    sigdelset(&set, kept);
  }
  return set;
}

// As many open files as allowed, for execd alone: what it starts gets what was set before.
rlimit RaiseFileLimit() {
  rlimit before{};
  if (getrlimit(RLIMIT_NOFILE, &before) != 0) return {};
  rlimit raised = before;
  raised.rlim_cur = raised.rlim_max;
  setrlimit(RLIMIT_NOFILE, &raised);
  return before;
}

// Makes the file that `set_env` of the SDKs appends to (contract/docker_runtime.md §2). A root that
// cannot be written to gets it in the first directory that can; without any, none.
std::string MakeEnvFile() {
  mkdir("/opt", 0755);
  mkdir("/opt/opensandbox", 0755);
  const std::string own = "/opensandbox-" + std::to_string(geteuid());
  for (const std::string& directory : {std::string(), "/tmp" + own, "/dev/shm" + own}) {
    std::string path = directory.empty() ? kEnvFile : directory + "/.env";
    if (!directory.empty()) mkdir(directory.c_str(), 0700);
    const UniqueFd fd(open(path.c_str(), O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (fd) return path;
  }
  return kEnvFile;
}

EnvMap PrepareEnvironment() {
  EnvMap env = CaptureEnvironment();
  std::string& file = env["EXECD_ENVS"];
  if (file.empty()) file = MakeEnvFile();
  return env;
}

Result<> WatchSignals(EventLoop& loop, std::function<void(int)> take) {
  return loop.Watch(loop.signals(), EPOLLIN, [&loop, take = std::move(take)](std::uint32_t) {
    signalfd_siginfo info{};
    while (read(loop.signals(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      if (info.ssi_signo != SIGCHLD) take(static_cast<int>(info.ssi_signo));
    }
    loop.Reap();
  });
}

Result<> StartEntrypoint(EventLoop& loop, const std::vector<std::string>& command, EnvMap env) {
  RemovePrivate(env, true);
  const auto path = env.find("PATH");
  Launch launch{.programs = Candidates(command.front(), path == env.end() ? "" : path->second),
                .arguments = {command.begin() + 1, command.end()},
                .env = ToList(env),
                .stdin_fd = STDIN_FILENO,
                .stdout_fd = STDOUT_FILENO,
                .stderr_fd = STDERR_FILENO,
                .plain_scripts = true,
                .foreground = true};
  OSBX_TRY(Launched launched, Start(launch));
  const auto failure = std::make_shared<UniqueFd>(std::move(launched.failure));
  loop.OnExit(launched.pid, [&loop, failure, name = command.front()](int status) {
    if (const int why = FailureOf(*failure); why != 0) {
      dprintf(STDERR_FILENO, "osbx-execd: cannot start %s: %s\n", name.c_str(), strerror(why));
    }
    loop.Stop(WIFSIGNALED(status) ? kExitSignalBase + WTERMSIG(status) : WEXITSTATUS(status));
  });
  return WatchSignals(loop, [pid = launched.pid](int signal) { kill(pid, signal); });
}

// Without an entrypoint: until somebody ends it.
Result<> ServeAlone(EventLoop& loop) {
  return WatchSignals(loop, [&loop](int signal) {
    if (signal == SIGTERM || signal == SIGINT) loop.Stop(0);
  });
}

}  // namespace

Error RunInit(const InitOptions& options) {
  mallopt(M_ARENA_MAX, 2);    // a heap per thread would be most of what execd needs
  prctl(PR_SET_DUMPABLE, 0);  // its memory and environment hold the token
  ChildDefaults defaults{.files = RaiseFileLimit()};
  const sigset_t forwarded = ForwardedSignals();
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  sigprocmask(SIG_SETMASK, &forwarded, &defaults.mask);
  SetChildDefaults(defaults);
  EventLoop loop;
  if (const auto opened = loop.Open(forwarded); !opened) return opened.error();
  const EnvMap env = PrepareEnvironment();
  ApiServer server(loop, env, options);
  if (const auto started = server.Start(); !started) return started.error();
  const auto begun =
      options.command.empty() ? ServeAlone(loop) : StartEntrypoint(loop, options.command, env);
  if (!begun) return begun.error();
  const auto code = loop.Run();
  if (!code) return code.error();
  // Threads may be in the middle of a client's work; nothing they hold outlives the process.
  _exit(*code);
}

}  // namespace osbx::execd
