// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/server_watch.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "drivers/mount/process_table.h"

namespace osbx::mount {
namespace {

constexpr std::uint64_t kWake = 0;  // tickets begin with 1

bool Add(const UniqueFd& poll, const UniqueFd& fd, std::uint64_t ticket) {
  epoll_event event{};
  event.events = ticket == kWake ? EPOLLIN : EPOLLIN | EPOLLONESHOT;
  event.data.u64 = ticket;
  return ::epoll_ctl(poll.Get(), EPOLL_CTL_ADD, fd.Get(), &event) == 0;
}

}  // namespace

ServerWatch::ServerWatch(std::function<void(const std::string& name)> on_end)
    : on_end_(std::move(on_end)),
      poll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC)) {}

ServerWatch::~ServerWatch() {
  Stop();
}

Result<> ServerWatch::Start() {
  if (!poll_ || !wake_ || !Add(poll_, wake_, kWake)) return Error::FromErrno(errno, "epoll");
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  return {};
}

void ServerWatch::Stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  const std::uint64_t one = 1;
  while (::write(wake_.Get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
  thread_.join();
}

void ServerWatch::Watch(const std::string& name, pid_t pid, std::int64_t start_time) {
  {
    const std::lock_guard lock(mutex_);
    Server& server = servers_[name];
    if (server.pid == pid && server.start_time == start_time) return;
    server = {.ticket = ++last_ticket_, .pid = pid, .start_time = start_time, .process = {}};
    server.process = OpenProcess(pid, start_time);
    if (server.process && Add(poll_, server.process, server.ticket)) return;
  }
  on_end_(name);  // it was quicker
}

void ServerWatch::Forget(const std::string& name) {
  const std::lock_guard lock(mutex_);
  servers_.erase(name);
}

void ServerWatch::Run(const std::stop_token& stop) {
  constexpr int kAtOnce = 16;
  std::array<epoll_event, kAtOnce> events{};
  while (!stop.stop_requested()) {
    const int count = ::epoll_wait(poll_.Get(), events.data(), kAtOnce, -1);
    if (count < 0 && errno != EINTR) return;
    for (int i = 0; i < count && !stop.stop_requested(); ++i) {
      const std::uint64_t ticket = events.at(static_cast<std::size_t>(i)).data.u64;
      if (ticket != kWake) Ended(ticket);
    }
  }
}

// The entry stays, so that looking at the same dead server again does not tell of it again.
void ServerWatch::Ended(std::uint64_t ticket) {
  std::string name;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find_if(
        servers_, [ticket](const auto& entry) { return entry.second.ticket == ticket; });
    if (found == servers_.end()) return;
    name = found->first;
    found->second.process = UniqueFd();
  }
  on_end_(name);
}

}  // namespace osbx::mount
