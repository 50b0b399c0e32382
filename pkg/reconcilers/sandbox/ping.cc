// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/sandbox/ping.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/contained.h"
#include "reconcilers/sandbox/container_spec.h"

namespace osbx::reconcilers {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kShortestPause{1};
constexpr milliseconds kLongestPause{20};
constexpr milliseconds kAnswerPatience{1000};
constexpr milliseconds kBetweenLooks{500};  // inspects cost more than pings

constexpr std::string_view kRequest =
    "GET /ping HTTP/1.1\r\nHost: execd\r\nConnection: close\r\n\r\n";

bool Ping(const std::string& slot) {
  const Result<UniqueFd> connected = ConnectBeneath(slot, kExecdSocket);
  if (!connected) return false;
  const UniqueFd& fd = *connected;
  if (send(fd.Get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(kRequest.size())) {
    return false;
  }
  pollfd wait{fd.Get(), POLLIN, 0};
  if (poll(&wait, 1, static_cast<int>(kAnswerPatience.count())) != 1) return false;
  std::array<char, 64> answer{};
  const ssize_t n = recv(fd.Get(), answer.data(), answer.size(), 0);
  return n > 0 &&
         std::string_view(answer.data(), static_cast<std::size_t>(n)).starts_with("HTTP/1.1 200");
}

// Wakes when something is put into the directory of the socket, so that an execd that has just
// begun to listen is not kept waiting for the end of a pause. Where the kernel gives no more
// inotify instances, or the directory is not there, only the pauses are left.
class Arrivals {
 public:
  explicit Arrivals(const std::string& slot) {
    const Result<UniqueFd> directory = OpenBeneath(slot, kExecdDirectory, O_PATH | O_DIRECTORY);
    if (!directory) return;
    const std::string path = "/proc/self/fd/" + std::to_string(directory->Get());
    UniqueFd fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!fd || inotify_add_watch(fd.Get(), path.c_str(), IN_CREATE | IN_MOVED_TO) < 0) return;
    fd_ = std::move(fd);
  }

  // Whether something came within the pause.
  bool Wait(milliseconds pause) {
    pollfd wait{fd_.Get(), POLLIN, 0};  // -1 is passed over
    if (poll(&wait, 1, static_cast<int>(pause.count())) != 1) return false;
    std::array<char, 4096> events{};  // what came does not matter
    while (read(fd_.Get(), events.data(), events.size()) > 0) {
    }
    return true;
  }

 private:
  UniqueFd fd_;
};

}  // namespace

Result<> PingUntil(const std::string& slot, Duration deadline, const std::function<bool()>& alive,
                   std::stop_token stop) {
  const auto end = steady_clock::now() + deadline;
  auto next_look = steady_clock::now() + kBetweenLooks;
  Arrivals arrivals(slot);  // before the first try: nothing is missed in between
  milliseconds pause = kShortestPause;
  while (!Ping(slot)) {
    if (stop.stop_requested()) return Error(Code::kCancelled, "stopped while waiting for execd");
    const auto now = steady_clock::now();
    if (now >= end) return Error(Code::kDeadlineExceeded, "execd does not answer");
    if (now >= next_look) {
      if (!alive()) return Error(Code::kFailedPrecondition, "the container has ended");
      next_look = steady_clock::now() + kBetweenLooks;
    }
    // A socket is there a moment before anybody listens on it.
    pause = arrivals.Wait(pause) ? kShortestPause : std::min(pause * 2, kLongestPause);
  }
  return {};
}

}  // namespace osbx::reconcilers
