// SPDX-License-Identifier: Apache-2.0
#include "execd/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace osbx::execd {
namespace {

constexpr int kExitNotFound = 127;
constexpr int kExitNotExecutable = 126;
constexpr const char* kScriptShell = "/bin/sh";
constexpr const char* kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// Everything the child needs, made before the fork: between fork and exec only system calls.
struct Prepared {
  std::vector<std::vector<char*>> argv;         // one per program
  std::vector<std::vector<char*>> script_argv;  // the same for /bin/sh; empty: not wanted
  std::vector<char*> env;
  const Launch* launch = nullptr;
  int null_fd = -1;
  int report_fd = -1;
};

ChildDefaults& Defaults() {
  static ChildDefaults defaults;
  return defaults;
}

[[noreturn]] void Fail(const Prepared& prepared, int why) {
  static_cast<void>(write(prepared.report_fd, &why, sizeof why));
  _exit(why == ENOENT || why == ENOTDIR ? kExitNotFound : kExitNotExecutable);
}

// The raw system calls: the library's versions would signal every thread of the parent's copy.
bool Become(const Credentials& as) {
  return syscall(SYS_setgroups, as.groups.size(), as.groups.data()) == 0 &&
         syscall(SYS_setresgid, as.gid, as.gid, as.gid) == 0 &&
         syscall(SYS_setresuid, as.uid, as.uid, as.uid) == 0;
}

bool AlreadyIs(const Credentials& as) {
  return geteuid() != 0 && as.uid == geteuid() && as.gid == getegid();
}

// Puts `fd` (or /dev/null) at `place`, inherited over exec.
bool Place(int fd, int place, int null_fd) {
  const int source = fd >= 0 ? fd : null_fd;
  if (source == place) return fcntl(place, F_SETFD, 0) == 0;
  return dup2(source, place) == place;
}

void RestoreSignals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &standard, nullptr);
  sigprocmask(SIG_SETMASK, &Defaults().mask, nullptr);
  if (Defaults().files.rlim_max != 0) setrlimit(RLIMIT_NOFILE, &Defaults().files);
}

[[noreturn]] void Become(const Prepared& prepared) {
  const Launch& launch = *prepared.launch;
  if (launch.terminal) {
    setsid();
    ioctl(launch.stdin_fd, TIOCSCTTY, 0);
  } else {
    setpgid(0, 0);
    signal(SIGTTOU, SIG_IGN);  // until RestoreSignals: the group is not yet the foreground one
    if (launch.foreground && isatty(STDIN_FILENO) != 0) tcsetpgrp(STDIN_FILENO, getpid());
  }
  const bool placed = Place(launch.stdin_fd, STDIN_FILENO, prepared.null_fd) &&
                      Place(launch.stdout_fd, STDOUT_FILENO, prepared.null_fd) &&
                      Place(launch.stderr_fd, STDERR_FILENO, prepared.null_fd) &&
                      (launch.extra_fd < 0 || Place(launch.extra_fd, kExtraFd, -1));
  if (!placed) Fail(prepared, errno);
  RestoreSignals();
  if (launch.as && !AlreadyIs(*launch.as) && !Become(*launch.as)) Fail(prepared, errno);
  if (!launch.cwd.empty() && chdir(launch.cwd.c_str()) != 0) Fail(prepared, errno);
  int why = ENOENT;
  for (std::size_t i = 0; i < launch.programs.size(); ++i) {
    execve(launch.programs[i].path.c_str(), prepared.argv[i].data(), prepared.env.data());
    if (errno == ENOEXEC && !prepared.script_argv.empty()) {
      execve(kScriptShell, prepared.script_argv[i].data(), prepared.env.data());
    }
    if (errno != ENOENT && errno != ENOTDIR) why = errno;
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) break;
  }
  Fail(prepared, why);
}

char* Mutable(const std::string& text) {
  return const_cast<char*>(text.c_str());  // exec takes char* const[]
}

}  // namespace

void SetChildDefaults(const ChildDefaults& defaults) {
  Defaults() = defaults;
}

Result<Launched> Start(const Launch& launch) {
  Prepared prepared{.launch = &launch};
  for (const Launch::Program& program : launch.programs) {
    auto& argv = prepared.argv.emplace_back();
    argv.reserve(launch.arguments.size() + 2);
    argv.push_back(Mutable(program.argv0));
    for (const std::string& word : launch.arguments) argv.push_back(Mutable(word));
    argv.push_back(nullptr);
    if (!launch.plain_scripts) continue;
    auto& script = prepared.script_argv.emplace_back(argv);
    script.front() = const_cast<char*>(kScriptShell);  // exec takes char* const[]
    script.insert(script.begin() + 1, Mutable(program.path));
  }
  for (const std::string& entry : launch.env) prepared.env.push_back(Mutable(entry));
  prepared.env.push_back(nullptr);

  const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  prepared.null_fd = null.Get();
  std::array<int, 2> report{-1, -1};
  if (pipe2(report.data(), O_CLOEXEC | O_NONBLOCK) != 0) return Error::FromErrno(errno, "pipe");
  Launched launched{.failure = UniqueFd(report[0])};
  // Out of the way of the descriptors that the child is given.
  const UniqueFd report_write(fcntl(report[1], F_DUPFD_CLOEXEC, kExtraFd + 1));
  close(report[1]);
  prepared.report_fd = report_write.Get();

  launched.pid = fork();
  if (launched.pid < 0) return Error::FromErrno(errno, "fork");
  if (launched.pid == 0) Become(prepared);
  if (!launch.terminal) setpgid(launched.pid, launched.pid);  // as the child does: whoever is first
  return launched;
}

int FailureOf(const UniqueFd& failure) {
  int why = 0;
  return read(failure.Get(), &why, sizeof why) == static_cast<ssize_t>(sizeof why) ? why : 0;
}

std::vector<Launch::Program> Candidates(const std::string& name, const std::string& path) {
  if (name.empty()) return {};
  if (name.find('/') != std::string::npos) return {{name, name}};
  std::vector<Launch::Program> candidates;
  std::string_view rest = path.empty() ? kDefaultPath : std::string_view(path);
  while (!rest.empty()) {
    const std::string_view directory = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(directory.size() + 1, rest.size()));
    if (!directory.empty()) candidates.push_back({std::string(directory) + "/" + name, name});
  }
  return candidates;
}

}  // namespace osbx::execd
