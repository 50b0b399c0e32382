// SPDX-License-Identifier: Apache-2.0
#include "execd/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace osbx::execd {

namespace {
constexpr std::size_t kEventsAtOnce = 64;
constexpr std::chrono::milliseconds kLongestWait{3'600'000};
}  // namespace

Result<> EventLoop::Open(const sigset_t& blocked) {
  signals_.Reset(signalfd(-1, &blocked, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) return Error::FromErrno(errno, "signalfd");
  epoll_.Reset(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return Error::FromErrno(errno, "epoll");
  wake_.Reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_) return Error::FromErrno(errno, "eventfd");
  return Watch(wake_.Get(), EPOLLIN, [this](std::uint32_t) {
    std::uint64_t count = 0;
    // A non-blocking counter: nothing to do when it is already zero.
    static_cast<void>(read(wake_.Get(), &count, sizeof count));
    RunPosted();
  });
}

Result<int> EventLoop::Run() {
  std::array<epoll_event, kEventsAtOnce> events{};
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return code_;
    }
    const int count = epoll_wait(epoll_.Get(), events.data(), events.size(), TimeoutMs());
    if (count < 0 && errno != EINTR) return Error::FromErrno(errno, "epoll_wait");
    RunTimers();
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events.at(static_cast<std::size_t>(i));
      const auto found = watched_.find(event.data.fd);
      if (found == watched_.end() || found->second->events == 0) continue;  // an earlier callback's
      const auto entry = found->second;  // may be unwatched by its own callback
      entry->ready(event.events);
    }
  }
}

void EventLoop::Stop(int code) {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    code_ = code;
  }
  Post({});
}

void EventLoop::Post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
    if (posted_.size() > 1) return;  // the wake of the first is still to be seen
  }
  const std::uint64_t one = 1;
  static_cast<void>(write(wake_.Get(), &one, sizeof one));  // fails only when already awake
}

void EventLoop::RunPosted() {
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(mutex_);
    work.swap(posted_);
  }
  for (const auto& function : work) {
    if (function) function();
  }
}

Result<> EventLoop::Watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)> ready) {
  epoll_event event{.events = events, .data = {.fd = fd}};
  if (events != 0 && epoll_ctl(epoll_.Get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return Error::FromErrno(errno, "epoll_ctl");
  }
  watched_[fd] = std::make_shared<Watched>(Watched{events, std::move(ready)});
  return {};
}

void EventLoop::Rewatch(int fd, std::uint32_t events) {
  const auto found = watched_.find(fd);
  if (found == watched_.end() || found->second->events == events) return;
  epoll_event event{.events = events, .data = {.fd = fd}};
  const int before = static_cast<int>(found->second->events);
  found->second->events = events;
  const int operation = events == 0 ? EPOLL_CTL_DEL : before == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  epoll_ctl(epoll_.Get(), operation, fd, &event);
}

void EventLoop::Unwatch(int fd) {
  const auto found = watched_.find(fd);
  if (found == watched_.end()) return;
  if (found->second->events != 0) epoll_ctl(epoll_.Get(), EPOLL_CTL_DEL, fd, nullptr);
  found->second->events = 0;
  watched_.erase(found);
}

EventLoop::TimerId EventLoop::After(std::chrono::milliseconds delay, std::function<void()> work) {
  const TimerId id{
      Clock::now() + std::min(delay, std::chrono::milliseconds(24LL * 365 * 3'600'000)),
      ++next_timer_};
  timers_.emplace(id, std::move(work));
  return id;
}

void EventLoop::Cancel(TimerId timer) {
  timers_.erase(timer);
}

int EventLoop::TimeoutMs() const {
  if (timers_.empty()) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first.first - Clock::now());
  return static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), kLongestWait).count());
}

void EventLoop::RunTimers() {
  const auto now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    const auto work = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    work();
  }
}

void EventLoop::OnExit(pid_t pid, std::function<void(int)> ended) {
  exits_[pid] = std::move(ended);
}

void EventLoop::Reap() {
  int status = 0;
  for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
    const auto found = exits_.find(pid);
    if (found == exits_.end()) continue;
    const auto ended = std::move(found->second);
    exits_.erase(found);
    ended(status);
  }
}

}  // namespace osbx::execd
