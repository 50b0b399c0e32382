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
  return loop.Watch(loop.signals(), EPOLLIN, [&loop, pid = launched.pid](std::uint32_t) {
    signalfd_siginfo info{};
    while (read(loop.signals(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      if (info.ssi_signo != SIGCHLD) kill(pid, static_cast<int>(info.ssi_signo));
    }
    loop.Reap();
  });
}

}  // namespace

Result<int> RunInit(const InitOptions& options) {
  if (options.command.empty()) return Error(Code::kInvalid, "no command given");
  mallopt(M_ARENA_MAX, 2);    // a heap per thread would be most of what execd needs
  prctl(PR_SET_DUMPABLE, 0);  // its memory and environment hold the token
  ChildDefaults defaults{.files = RaiseFileLimit()};
  const sigset_t forwarded = ForwardedSignals();
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  sigprocmask(SIG_SETMASK, &forwarded, &defaults.mask);
  SetChildDefaults(defaults);
  EventLoop loop;
  OSBX_CHECK(loop.Open(forwarded));
  const EnvMap env = PrepareEnvironment();
  ApiServer server(loop, env);
  OSBX_CHECK(server.Start(options));
  OSBX_CHECK(StartEntrypoint(loop, options.command, env));
  return loop.Run();
}

}  // namespace osbx::execd
