// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/exec_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace osbx::docker {
namespace {

using std::chrono::steady_clock;
constexpr std::size_t kReadBytes = 32 * 1024;
// How long a stop request may go unseen.
constexpr Duration kStopInterval = std::chrono::milliseconds(200);

Result<> WaitReady(int fd, short events, steady_clock::time_point deadline, std::stop_token stop) {
  for (;;) {
    if (stop.stop_requested()) return Error(Code::kCancelled, "exec stream: cancelled");
    const Duration left = std::max(Duration{0}, Duration(deadline - steady_clock::now()));
    const Duration slice = std::min(left, kStopInterval);
    pollfd waiting{.fd = fd, .events = events, .revents = 0};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(slice).count();
    const int ready = ::poll(&waiting, 1, static_cast<int>(ms));
    if (ready == 1) return {};
    if (ready < 0 && errno != EINTR) return Error::FromErrno(errno, "exec stream: poll");
    if (left == Duration{0}) return Error(Code::kDeadlineExceeded, "exec stream: timed out");
  }
}

}  // namespace

ExecStream::ExecStream(UniqueFd fd, bool tty, std::string_view early)
    : fd_(std::move(fd)), tty_(tty), early_(early) {}

Result<> ExecStream::Accept(std::string_view bytes) {
  if (!tty_) return frames_.Feed(bytes, ready_);
  ready_.push_back({OutputStream::kStdout, std::string(bytes)});
  return {};
}

Result<std::optional<LogFrame>> ExecStream::Read(Duration timeout, std::stop_token stop) {
  if (!early_.empty()) OSBX_CHECK(Accept(std::exchange(early_, {})));
  const auto deadline = steady_clock::now() + timeout;
  std::array<char, kReadBytes> buffer{};
  while (ready_.empty()) {
    if (ended_) return std::optional<LogFrame>();
    OSBX_CHECK(WaitReady(fd_.Get(), POLLIN, deadline, stop));
    const ssize_t size = ::recv(fd_.Get(), buffer.data(), buffer.size(), 0);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size < 0) return Error::FromErrno(errno, "exec stream").WithCode(Code::kUnavailable);
    ended_ = size == 0;
    OSBX_CHECK(Accept(std::string_view(buffer.data(), static_cast<std::size_t>(size))));
  }
  LogFrame frame = std::move(ready_.front());
  ready_.pop_front();
  return std::optional<LogFrame>(std::move(frame));
}

Result<> ExecStream::Write(std::string_view bytes, Duration timeout, std::stop_token stop) {
  const auto deadline = steady_clock::now() + timeout;
  while (!bytes.empty()) {
    OSBX_CHECK(WaitReady(fd_.Get(), POLLOUT, deadline, stop));
    const ssize_t size = ::send(fd_.Get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size < 0) return Error::FromErrno(errno, "exec stream").WithCode(Code::kUnavailable);
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

Result<> ExecStream::CloseStdin() {
  if (::shutdown(fd_.Get(), SHUT_WR) == 0) return {};
  return Error::FromErrno(errno, "exec stream: shutdown").WithCode(Code::kUnavailable);
}

}  // namespace osbx::docker
