// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/mount_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace osbx::mount {

Result<MountWatch> MountWatch::Start(std::function<void()> on_change, const std::string& path) {
  UniqueFd table(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!table) return Error::FromErrno(errno, "open " + path);
  MountWatch watch;
  watch.wake_ = UniqueFd(::eventfd(0, EFD_CLOEXEC));
  if (!watch.wake_) return Error::FromErrno(errno, "eventfd");
  watch.thread_ = std::jthread([table = std::move(table), wake = watch.wake_.Get(),
                                on_change = std::move(on_change)](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::array<pollfd, 2> fds{{{table.Get(), POLLPRI, 0}, {wake, POLLIN, 0}}};
      if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return;
      // POLLERR comes with every change; the poll itself marks it as seen.
      if (!stop.stop_requested() && (fds[0].revents & (POLLPRI | POLLERR)) != 0) on_change();
    }
  });
  return watch;
}

MountWatch::~MountWatch() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  const std::uint64_t one = 1;
  while (::write(wake_.Get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
  thread_.join();
}

}  // namespace osbx::mount
