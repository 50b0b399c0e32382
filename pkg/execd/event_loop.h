// SPDX-License-Identifier: Apache-2.0
// The one thread that owns every process of the sandbox: it waits for their pipes, terminals and
// ends, and for timers. No command needs a thread, so that a sandbox at its process limit can still
// be talked to. Everything but Post and Stop belongs to the loop's thread; callbacks must not
// block.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace osbx::execd {

class EventLoop {
 public:
  using Clock = std::chrono::steady_clock;
  using TimerId = std::pair<Clock::time_point, std::uint64_t>;

  // Opens the descriptors it waits on. `blocked` are the signals that arrive at signals() instead
  // of being delivered; the caller blocks and reads them.
  Result<> Open(const sigset_t& blocked);
  int signals() const { return signals_.Get(); }
  // Runs until Stop; what Stop was given.
  Result<int> Run();
  void Stop(int code);

  // From any thread: runs `work` soon, in order.
  void Post(std::function<void()> work);

  // Calls `ready` with the epoll events of `fd`, level-triggered. The descriptor stays the
  // caller's, who unwatches it before closing it. EPOLLERR and EPOLLHUP always count.
  Result<> Watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)> ready);
  // Changes what is waited for; 0 waits for nothing at all (not even a hang-up).
  void Rewatch(int fd, std::uint32_t events);
  void Unwatch(int fd);

  TimerId After(std::chrono::milliseconds delay, std::function<void()> work);
  void Cancel(TimerId timer);

  // Calls `ended` once with the wait status when child `pid` ends. Reap reports it.
  void OnExit(pid_t pid, std::function<void(int)> ended);
  // Collects every child that has ended, ours or inherited (on SIGCHLD).
  void Reap();

 private:
  struct Watched {
    std::uint32_t events = 0;
    std::function<void(std::uint32_t)> ready;
  };

  void RunPosted();
  void RunTimers();
  int TimeoutMs() const;

  UniqueFd epoll_;
  UniqueFd wake_;
  UniqueFd signals_;
  std::unordered_map<int, std::shared_ptr<Watched>> watched_;
  std::map<TimerId, std::function<void()>> timers_;
  std::uint64_t next_timer_ = 0;
  std::unordered_map<pid_t, std::function<void(int)>> exits_;

  std::mutex mutex_;  // below
  std::vector<std::function<void()>> posted_;
  bool stopped_ = false;
  int code_ = 0;
};

}  // namespace osbx::execd
