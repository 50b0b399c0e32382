// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/sandbox/ping.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <thread>

#include "base/unique_fd.h"

namespace osbx::reconcilers {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kFirstPause{1};
constexpr milliseconds kLongestPause{20};
constexpr milliseconds kAnswerPatience{1000};
constexpr int kTriesPerLook = 25;  // inspects cost more than pings

constexpr std::string_view kRequest =
    "GET /ping HTTP/1.1\r\nHost: execd\r\nConnection: close\r\n\r\n";

// A path may be longer than sun_path (108 bytes), so the directory is opened and the socket named
// through it.
bool Ping(const std::string& path) {
  const auto slash = path.rfind('/');
  const UniqueFd dir(
      open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!dir) return false;
  const std::string name = "/proc/self/fd/" + std::to_string(dir.Get()) + path.substr(slash);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, name.data(), name.size());
  const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd || connect(fd.Get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return false;
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

}  // namespace

Result<> PingUntil(const std::string& socket_path, Duration deadline,
                   const std::function<bool()>& alive, std::stop_token stop) {
  const auto end = steady_clock::now() + deadline;
  milliseconds pause = kFirstPause;
  for (int tries = 1; !Ping(socket_path); ++tries) {
    if (stop.stop_requested()) return Error(Code::kCancelled, "stopped while waiting for execd");
    if (steady_clock::now() >= end) return Error(Code::kDeadlineExceeded, "execd does not answer");
    if (tries % kTriesPerLook == 0 && !alive())
      return Error(Code::kFailedPrecondition, "the container has ended");
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
  return {};
}

}  // namespace osbx::reconcilers
