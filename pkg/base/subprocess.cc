// SPDX-License-Identifier: Apache-2.0
#include "base/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>

namespace osbx {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

// Milliseconds for poll(2), rounded up so that a wait never ends early and spins.
int PollTimeout(Steady::time_point deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - Steady::now()).count();
  constexpr std::int64_t kMost = 60'000;  // longer waits simply loop
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, kMost));
}

// An eventfd that becomes readable when a stop is requested.
class StopFd {
 public:
  explicit StopFd(const std::stop_token& stop)
      : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), callback_(stop, Signal{fd_.Get()}) {}
  int Get() const { return fd_.Get(); }

 private:
  struct Signal {
    int fd;
    void operator()() const {
      const std::uint64_t one = 1;
      // An eventfd's counter cannot be full here: it is written once.
      [[maybe_unused]] const ssize_t written = ::write(fd, &one, sizeof one);
    }
  };
  UniqueFd fd_;
  std::stop_callback<Signal> callback_;
};

// Reaps a child that has ended, or nullopt.
std::optional<ExitStatus> TryReap(pid_t pid) {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG) != 0)
    return errno == ECHILD ? std::optional(ExitStatus{.exit_code = -1}) : std::nullopt;
  if (info.si_pid == 0) return std::nullopt;
  ExitStatus status;
  (info.si_code == CLD_EXITED ? status.exit_code : status.signal) = info.si_status;
  return status;
}

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> MakePipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return Error::FromErrno(errno, "pipe");
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

void SetNonBlocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

// The data as a file of its own: unlike a pipe it cannot raise SIGPIPE or need feeding.
Result<UniqueFd> StdinOf(const std::string& data) {
  if (data.empty()) return UniqueFd();
  UniqueFd fd(::memfd_create("stdin", MFD_CLOEXEC));
  if (!fd) return Error::FromErrno(errno, "memfd_create");
  for (std::string_view rest = data; !rest.empty();) {
    const ssize_t written = ::write(fd.Get(), rest.data(), rest.size());
    if (written < 0 && errno != EINTR) return Error::FromErrno(errno, "write to memfd");
    if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::lseek(fd.Get(), 0, SEEK_SET) != 0) return Error::FromErrno(errno, "seek");
  return fd;
}

// RAII of what posix_spawn needs.
class SpawnSetup {
 public:
  SpawnSetup() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  ~SpawnSetup() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  void Configure(const SubprocessOptions& options, const std::array<int, 3>& stdio) {
    for (int target = 0; target < 3; ++target) {
      const int fd = stdio[static_cast<std::size_t>(target)];
      if (fd < 0)
        ::posix_spawn_file_actions_addopen(&actions_, target, "/dev/null", O_RDWR, 0);
      else
        ::posix_spawn_file_actions_adddup2(&actions_, fd, target);
    }
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
    if (!options.working_dir.empty())
      ::posix_spawn_file_actions_addchdir_np(&actions_, options.working_dir.c_str());

    sigset_t none{};
    sigset_t all{};
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    flags |= options.new_session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }

  int Spawn(pid_t& pid, const SubprocessOptions& options) {
    std::vector<char*> argv = Pointers(options.argv);
    std::vector<char*> env = Pointers(options.env);
    return ::posix_spawn(&pid, argv.front(), &actions_, &attributes_, argv.data(), env.data());
  }

 private:
  static std::vector<char*> Pointers(const std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    pointers.reserve(strings.size() + 1);
    // posix_spawn's signature is older than const; it does not write.
    for (const std::string& one : strings) pointers.push_back(const_cast<char*>(one.c_str()));
    pointers.push_back(nullptr);
    return pointers;
  }

  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// What one RunSubprocess captures.
class Capture {
 public:
  Capture(std::size_t limit, UniqueFd out, UniqueFd err)
      : limit_(limit), out_(std::move(out)), err_(std::move(err)) {
    SetNonBlocking(out_.Get());
    SetNonBlocking(err_.Get());
  }
  // Negative once closed, which poll(2) ignores.
  int OutFd() const { return out_.Get(); }
  int ErrFd() const { return err_.Get(); }
  void Drain() {
    Drain(out_, out_text_);
    Drain(err_, err_text_);
  }
  std::string TakeOut() { return std::move(out_text_); }
  std::string TakeErr() { return std::move(err_text_); }

 private:
  void Drain(UniqueFd& fd, std::string& text) const {
    std::array<char, 16UL * 1024> chunk{};
    while (fd) {
      const ssize_t got = ::read(fd.Get(), chunk.data(), chunk.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) {
        fd.Reset();
        return;
      }
      text.append(chunk.data(), std::min(static_cast<std::size_t>(got), limit_ - text.size()));
    }
  }

  std::size_t limit_;
  UniqueFd out_;
  UniqueFd err_;
  std::string out_text_;
  std::string err_text_;
};

// Reads until the child has ended. A grandchild that keeps a pipe open does not hold us up.
Result<> Follow(const Child& child, Capture& capture, const SubprocessOptions& options) {
  const auto deadline = Steady::now() + options.timeout;
  const StopFd stop(options.stop);
  while (true) {
    std::array<pollfd, 4> fds{{{capture.OutFd(), POLLIN, 0},
                               {capture.ErrFd(), POLLIN, 0},
                               {child.PidFd(), POLLIN, 0},
                               {stop.Get(), POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), PollTimeout(deadline)) < 0 && errno != EINTR)
      return Error::FromErrno(errno, "poll");
    capture.Drain();
    if (fds[2].revents != 0) return {};
    if (options.stop.stop_requested()) return Error(Code::kCancelled, "stopped");
    if (Steady::now() >= deadline)
      return Error(Code::kDeadlineExceeded,
                   "no end within " + std::to_string(options.timeout.count()) + " ms");
  }
}

}  // namespace

void ChildReaper::Add(pid_t pid, std::string tag) {
  const std::lock_guard lock(mutex_);
  children_.emplace_back(pid, std::move(tag));
}

std::size_t ChildReaper::Collect() {
  const std::lock_guard lock(mutex_);
  std::erase_if(children_, [](const auto& child) { return TryReap(child.first).has_value(); });
  return children_.size();
}

bool ChildReaper::Outstanding(const std::string& tag) {
  Collect();
  const std::lock_guard lock(mutex_);
  return std::any_of(children_.begin(), children_.end(),
                     [&](const auto& child) { return child.second == tag; });
}

Result<ExitStatus> Child::Wait(milliseconds timeout, const std::stop_token& stop) {
  const auto deadline = Steady::now() + timeout;
  const StopFd stop_fd(stop);
  while (true) {
    std::array<pollfd, 2> fds{{{pidfd_.Get(), POLLIN, 0}, {stop_fd.Get(), POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), PollTimeout(deadline)) < 0 && errno != EINTR)
      return Error::FromErrno(errno, "poll");
    if (fds[0].revents != 0)
      if (const auto status = TryReap(pid_)) return *status;
    if (stop.stop_requested()) return Error(Code::kCancelled, "stopped");
    if (Steady::now() >= deadline)
      return Error(Code::kDeadlineExceeded,
                   "no end within " + std::to_string(timeout.count()) + " ms");
  }
}

void Child::KillGroup() const {
  // The child is not reaped yet, so the group's number cannot have been reused.
  ::kill(-pid_, SIGKILL);
}

void Child::Abandon(milliseconds grace, ChildReaper* reaper, const std::string& tag) {
  KillGroup();
  if (Wait(grace) || reaper == nullptr) return;
  reaper->Add(pid_, tag);
}

Result<Child> StartSubprocess(const SubprocessOptions& options, int stdin_fd, int stdout_fd,
                              int stderr_fd) {
  if (options.argv.empty()) return Error(Code::kInternal, "a program needs a name");
  // dup2 of a descriptor below 3 onto itself would keep close-on-exec; move such ones away.
  std::array<int, 3> stdio{stdin_fd, stdout_fd, stderr_fd};
  std::array<UniqueFd, 3> moved;
  for (std::size_t i = 0; i < stdio.size(); ++i) {
    if (stdio[i] < 0 || stdio[i] > 2) continue;
    moved[i] = UniqueFd(::fcntl(stdio[i], F_DUPFD_CLOEXEC, 3));
    if (!moved[i]) return Error::FromErrno(errno, "dup");
    stdio[i] = moved[i].Get();
  }
  SpawnSetup setup;
  setup.Configure(options, stdio);
  Child child;
  if (const int failed = setup.Spawn(child.pid_, options); failed != 0)
    return Error::FromErrno(failed, "start " + options.argv.front());
  child.pidfd_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0)));
  if (!child.pidfd_) {
    const int failed = errno;
    child.KillGroup();
    ::waitpid(child.pid_, nullptr, 0);
    return Error::FromErrno(failed, "pidfd_open");
  }
  return child;
}

Result<SubprocessResult> RunSubprocess(const SubprocessOptions& options) {
  if (options.reaper != nullptr) options.reaper->Collect();
  OSBX_TRY(const UniqueFd in, StdinOf(options.stdin_data));
  OSBX_TRY(Pipe out, MakePipe());
  OSBX_TRY(Pipe err, MakePipe());
  OSBX_TRY(Child child, StartSubprocess(options, in.Get(), out.write.Get(), err.write.Get()));
  out.write.Reset();
  err.write.Reset();
  Capture capture(options.max_output_bytes, std::move(out.read), std::move(err.read));
  if (Result<> followed = Follow(child, capture, options); !followed) {
    child.Abandon(options.kill_grace, options.reaper, options.tag);
    return std::move(followed).error().Wrap(options.argv.front());
  }
  OSBX_TRY(const ExitStatus status, child.Wait(options.kill_grace));
  capture.Drain();
  return SubprocessResult{status, capture.TakeOut(), capture.TakeErr()};
}

Result<std::string> FindProgram(const std::string& name,
                                const std::vector<std::string>& directories) {
  const auto usable = [](const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) {
    if (usable(name)) return name;
  } else {
    for (const std::string& directory : directories)
      if (std::string path = (std::filesystem::path(directory) / name).string(); usable(path))
        return path;
  }
  return Error(Code::kNotFound, "no program " + name);
}

std::vector<std::string> SearchPathFromEnvironment() {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  std::vector<std::string> directories;
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    const std::string_view one = rest.substr(0, colon);
    if (one.starts_with('/')) directories.emplace_back(one);
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  return directories;
}

}  // namespace osbx
