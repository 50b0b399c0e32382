// SPDX-License-Identifier: Apache-2.0
// Waiting for execd's socket, with a listener in its place.
#include "reconcilers/sandbox/ping.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "base/unique_fd.h"
#include "fakes/matchers.h"
#include "fakes/temp_dir.h"
#include "reconcilers/sandbox/container_spec.h"

namespace osbx::reconcilers {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using std::chrono::seconds;

class PingTest : public ::testing::Test {
 protected:
  PingTest() { std::filesystem::create_directories(slot_ / kExecdDirectory); }

  std::string Slot() const { return slot_.Path().string(); }

  // Answers one request after another, like an execd that has come up.
  std::jthread Execd() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, (slot_ / kExecdSocket).c_str(), sizeof address.sun_path - 1);
    UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(listener.Get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener.Get(), 8), 0);
    return std::jthread([listener = std::move(listener)] {
      const UniqueFd peer(::accept(listener.Get(), nullptr, nullptr));
      std::array<char, 256> request{};
      EXPECT_GT(::recv(peer.Get(), request.data(), request.size(), 0), 0);
      constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\n\r\n";
      EXPECT_GT(::send(peer.Get(), kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL), 0);
    });
  }

  fakes::TempDir slot_;
};

TEST_F(PingTest, AnExecdThatIsThereAnswers) {
  const std::jthread execd = Execd();
  EXPECT_THAT(PingUntil(Slot(), seconds(30), [] { return true; }, {}), IsOk());
}

TEST_F(PingTest, AnExecdThatComesLaterIsHeardOf) {
  Result<> answered;
  std::jthread waiting([&] { answered = PingUntil(Slot(), seconds(30), [] { return true; }, {}); });
  const std::jthread execd = Execd();
  waiting.join();
  EXPECT_THAT(answered, IsOk());
}

TEST_F(PingTest, AContainerThatHasEndedIsNotWaitedFor) {
  EXPECT_THAT(PingUntil(Slot(), seconds(30), [] { return false; }, {}),
              StatusIs(Code::kFailedPrecondition));
}

TEST_F(PingTest, TheDeadlineHoldsAlsoWithoutADirectory) {
  EXPECT_THAT(PingUntil(Slot() + "/none", std::chrono::milliseconds(20), [] { return true; }, {}),
              StatusIs(Code::kDeadlineExceeded));
}

TEST_F(PingTest, AStopEndsIt) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(PingUntil(
                  Slot(), seconds(30), [] { return true; }, stop.get_token()),
              StatusIs(Code::kCancelled));
}

}  // namespace
}  // namespace osbx::reconcilers
