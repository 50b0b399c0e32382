// SPDX-License-Identifier: Apache-2.0
// Tells when FUSE servers end, at once (pidfd_open(2), epoll(7)): the mount table does not change
// when one dies. One thread. Thread-safe, but for Start and
// Stop, which belong to the owner.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"
#include "base/unique_fd.h"

namespace osbx::mount {

class ServerWatch {
 public:
  // `on_end` gets the name of the mount; it runs on the watch's thread, or within Watch(), and must
  // not block.
  explicit ServerWatch(std::function<void(const std::string& name)> on_end);
  ServerWatch(const ServerWatch&) = delete;
  ServerWatch& operator=(const ServerWatch&) = delete;
  ~ServerWatch();

  // Servers may be named before; they are watched from here on.
  Result<> Start();
  // Nothing is told any more when it returns.
  void Stop();

  // Watches the server of mount `name` from now on, instead of an earlier one. One that has ended
  // already is told like any other. Cheap when it is watched already.
  void Watch(const std::string& name, pid_t pid, std::int64_t start_time);
  void Forget(const std::string& name);

 private:
  struct Server {
    std::uint64_t ticket = 0;  // tells its events from those of an earlier one
    pid_t pid = 0;
    std::int64_t start_time = 0;
    UniqueFd process;
  };

  void Run(const std::stop_token& stop);
  void Ended(std::uint64_t ticket);

  std::function<void(const std::string&)> on_end_;
  UniqueFd poll_;
  UniqueFd wake_;  // written to end the thread
  std::mutex mutex_;
  std::uint64_t last_ticket_ = 0;
  std::map<std::string, Server> servers_;  // by mount
  std::jthread thread_;
};

}  // namespace osbx::mount
