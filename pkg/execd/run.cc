// SPDX-License-Identifier: Apache-2.0
#include "execd/run.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "execd/events.h"
#include "execd/metrics.h"

namespace osbx::execd {
namespace {

constexpr std::size_t kReadAtOnce = 32U << 10;
constexpr std::size_t kMostState = 1U << 20;
constexpr std::uint64_t kMostKept = 16U << 20;  // of what a lost client has not seen
constexpr int kExitKilled = 128 + SIGKILL;      // as shells tell of a child
constexpr std::chrono::milliseconds kPingEvery{3000};
constexpr const char* kErrorName = "CommandExecError";

const char* SignalName(int signal) {
  switch (signal) {
    case SIGKILL:
      return "killed";
    case SIGTERM:
      return "terminated";
    case SIGINT:
      return "interrupt";
    case SIGHUP:
      return "hangup";
    case SIGSEGV:
      return "segmentation fault";
    case SIGABRT:
      return "aborted";
    case SIGPIPE:
      return "broken pipe";
    default:
      return nullptr;
  }
}

}  // namespace

Run::Run(EventLoop& loop, RunOptions options) : loop_(loop), options_(std::move(options)) {}

bool Run::MakePipe(std::string_view type, UniqueFd& write_end) {
  std::array<int, 2> ends{-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  write_end.Reset(ends[1]);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  pipes_.push_back(std::make_shared<Pipe>(
      Pipe{.read = UniqueFd(ends[0]), .type = type, .lines = LineSplitter(options_.ends)}));
  return true;
}

Result<> Run::StartProcess() {
  UniqueFd out;
  UniqueFd err;
  UniqueFd state;
  const bool merged = options_.merge || options_.spool;
  if (!MakePipe("stdout", out) || (!merged && !MakePipe("stderr", err)) ||
      (options_.capture_state && !MakePipe("", state))) {
    return Error::FromErrno(errno, "pipe");
  }
  Launch& launch = options_.launch;
  launch.stdout_fd = out.Get();
  launch.stderr_fd = merged ? out.Get() : err.Get();
  launch.extra_fd = state.Get();
  OSBX_TRY(Launched launched, Start(launch));
  pid_ = launched.pid;
  failure_ = std::move(launched.failure);
  return {};
}

void Run::Begin() {
  const auto self = shared_from_this();
  begun_ = EventLoop::Clock::now();
  oom_kills_ = OomKills();
  if (options_.stream) {
    options_.stream->OnRoom([weak = weak_from_this(), &loop = loop_] {
      loop.Post([weak] {
        const auto run = weak.lock();
        if (run && run->Flush()) run->MaybeFinish();
      });
    });
    options_.stream->OnEnd([weak = weak_from_this(), &loop = loop_] {
      loop.Post([weak] {
        if (const auto run = weak.lock()) run->CloseStream();
      });
    });
  }
  const auto started = StartProcess();
  if (options_.on_start) options_.on_start(pid_);
  std::string events;
  AppendEvent(events, "init", options_.id);
  AppendEvent(events, "ping", "pong");
  Send(std::move(events));
  if (!started) {
    start_error_ = started.error().os_errno() != 0 ? strerror(started.error().os_errno())
                                                   : started.error().message();
    pipes_.clear();
    exited_ = true;
    Finish();
    return;
  }
  loop_.OnExit(pid_, [self](int status) { self->OnExit(status); });
  for (const auto& pipe : pipes_) {
    Ignore(loop_.Watch(pipe->read.Get(), EPOLLIN,
                       [self, pipe](std::uint32_t) { self->OnReady(pipe); }),
           "a pipe can be watched");
  }
  if (options_.timeout.count() > 0) {
    timers_.push_back(loop_.After(options_.timeout, [self] { self->Kill(); }));
  }
  if (options_.spool && options_.stream) {
    std::string done;
    AppendComplete(done, 0);
    Send(std::move(done));
    options_.stream->Close();
    options_.stream = nullptr;
    return;
  }
  StartPings();
}

void Run::StartPings() {
  if (!options_.stream) return;
  ping_timer_ = loop_.After(kPingEvery, [weak = weak_from_this()] {
    const auto run = weak.lock();
    if (!run || run->ended_) return;
    std::string ping;
    AppendEvent(ping, "ping", "pong");
    if (run->unsent_.empty()) run->Send(std::move(ping));
    run->StartPings();
  });
}

void Run::OnReady(const std::shared_ptr<Pipe>& pipe) {
  std::array<char, kReadAtOnce> buffer{};
  const ssize_t n = read(pipe->read.Get(), buffer.data(), buffer.size());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    ClosePipe(*pipe);
  } else {
    Take(*pipe, {buffer.data(), static_cast<std::size_t>(n)});
  }
  MaybeFinish();
}

void Run::Take(Pipe& pipe, std::string_view bytes) {
  if (exited_) {
    // Beyond what was there at the end, it is from children left behind: not for the stream.
    const std::string_view due = bytes.substr(0, pipe.left);
    pipe.left -= due.size();
    if (!options_.spool) bytes = due;
  }
  if (ended_ && !options_.spool) return;
  if (pipe.type.empty()) {
    state_ += bytes.substr(0, kMostState - std::min(kMostState, state_.size()));
  } else if (options_.spool) {
    options_.spool->Append(bytes);
  } else if (options_.stream) {
    if (options_.on_lost) sent_.Append(bytes);
    std::string events;
    const auto type = options_.merge ? std::string_view("stdout") : pipe.type;
    pipe.lines.Feed(bytes, [&](std::string_view line) { AppendEvent(events, type, line); });
    if (!events.empty()) Send(std::move(events));
  }
}

void Run::ClosePipe(Pipe& pipe) {
  if (!pipe.open) return;
  pipe.open = false;
  pipe.left = 0;
  loop_.Unwatch(pipe.read.Get());  // also drops the callback's reference to this run
  pipe.read.Reset();
}

void Run::OnExit(int status) {
  exited_ = true;
  status_ = status;
  for (const EventLoop::TimerId& timer : timers_) loop_.Cancel(timer);
  for (const auto& gone : on_gone_) gone();
  for (const auto& pipe : pipes_) {
    int waiting = 0;
    if (pipe->open && ioctl(pipe->read.Get(), FIONREAD, &waiting) == 0) {
      pipe->left = static_cast<std::size_t>(waiting);
    }
  }
  if (const int why = FailureOf(failure_); why != 0) start_error_ = strerror(why);
  // What is in the pipes now, without another turn of the loop for each.
  const auto pipes = pipes_;
  for (const auto& pipe : pipes) {
    while (pipe->open && pipe->left > 0 && unsent_.empty()) OnReady(pipe);
  }
  MaybeFinish();
}

void Run::MaybeFinish() {
  if (ended_ || !exited_ || !unsent_.empty()) return;
  const bool drained =
      std::ranges::all_of(pipes_, [](const auto& pipe) { return pipe->left == 0; });
  if (drained) Finish();
}

RunEnd Run::Describe() const {
  if (!start_error_.empty()) {
    return {.exit_code = -1, .error = start_error_, .value = start_error_, .state = state_};
  }
  RunEnd end{.state = state_};
  bool killed = false;
  if (WIFSIGNALED(status_)) {
    const char* name = SignalName(WTERMSIG(status_));
    end.exit_code = -1;
    end.error = "signal: " + (name != nullptr ? name : std::to_string(WTERMSIG(status_)));
    killed = WTERMSIG(status_) == SIGKILL;
  } else if (WEXITSTATUS(status_) != 0) {
    end.exit_code = WEXITSTATUS(status_);
    end.error = "exit status " + std::to_string(end.exit_code);
    killed = end.exit_code == kExitKilled;
  }
  end.value = std::to_string(end.exit_code);
  end.out_of_memory = killed && OomKills() > oom_kills_;
  return end;
}

void Run::Finish() {
  if (ended_) return;
  ended_ = true;
  loop_.Cancel(ping_timer_);
  const RunEnd end = Describe();
  // Before the stream ends: whoever has seen its end finds the command finished, the session free.
  if (options_.on_end) std::exchange(options_.on_end, nullptr)(end);
  if (options_.stream) {
    std::string events;
    for (const auto& pipe : pipes_) {
      const auto type = options_.merge ? std::string_view("stdout") : pipe->type;
      if (pipe->type.empty()) continue;
      pipe->lines.Finish([&](std::string_view line) { AppendEvent(events, type, line); });
    }
    if (end.error.empty()) {
      const auto took = EventLoop::Clock::now() - begun_;
      AppendComplete(events, std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
    } else {
      std::vector<std::string> traceback{end.error};
      if (end.out_of_memory) traceback.emplace_back(kOutOfMemory);
      AppendError(events, kErrorName, end.value, traceback);
    }
    Send(std::move(events));
  }
}

void Run::Send(std::string events) {
  if (!options_.stream) return;
  unsent_.push_back(std::move(events));
  Flush();
}

bool Run::Flush() {
  while (options_.stream && !unsent_.empty()) {
    if (options_.stream->Closed()) {
      CloseStream();
      break;
    }
    if (!options_.stream->Write(unsent_.front())) break;
    unsent_.pop_front();
  }
  const bool room = unsent_.empty();
  for (const auto& pipe : pipes_) {
    if (pipe->open) loop_.Rewatch(pipe->read.Get(), room ? EPOLLIN : 0);
  }
  if (room && ended_ && options_.stream) {
    options_.stream->Close();
    options_.stream = nullptr;
  }
  return room;
}

void Run::CloseStream() {
  if (!options_.stream) return;
  options_.stream = nullptr;
  unsent_.clear();
  if (!ended_ && options_.on_lost) KeepForLater();
  Flush();
  MaybeFinish();
}

void Run::KeepForLater() {
  auto spool = Spool::Create(kMostKept);
  if (!spool) return;
  (*spool)->Append(sent_.From(0));
  sent_ = ReplayRing();
  options_.spool = *spool;
  std::exchange(options_.on_lost, nullptr)(*std::move(spool));
}

void Run::Kill() {
  if (!exited_ && pid_ > 0) kill(-pid_, SIGKILL);
}

void Run::Interrupt(std::chrono::milliseconds patience, std::function<void()> gone) {
  if (exited_) {
    gone();
    return;
  }
  on_gone_.push_back(std::move(gone));
  kill(-pid_, SIGTERM);
  timers_.push_back(loop_.After(patience, [weak = weak_from_this()] {
    if (const auto run = weak.lock()) run->Kill();
  }));
}

}  // namespace osbx::execd
