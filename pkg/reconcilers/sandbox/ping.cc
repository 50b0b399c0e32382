// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/sandbox/ping.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <string_view>
#include <thread>

#include "base/contained.h"
#include "reconcilers/sandbox/container_spec.h"

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

}  // namespace

Result<> PingUntil(const std::string& slot, Duration deadline, const std::function<bool()>& alive,
                   std::stop_token stop) {
  const auto end = steady_clock::now() + deadline;
  milliseconds pause = kFirstPause;
  for (int tries = 1; !Ping(slot); ++tries) {
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
