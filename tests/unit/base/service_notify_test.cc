// SPDX-License-Identifier: Apache-2.0
#include "base/service_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <string>

#include <gtest/gtest.h>

#include "base/unique_fd.h"

namespace osbx {
namespace {

// A socket as a service manager has it; `name` as in $NOTIFY_SOCKET.
class Listener {
 public:
  explicit Listener(const std::string& name) : fd_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(name.begin(), name.end(), address.sun_path);
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    bound_ = bind(fd_.Get(), reinterpret_cast<const sockaddr*>(&address), size) == 0;
  }

  bool bound() const { return bound_; }
  std::string Receive() const {
    std::array<char, 64> text{};
    const ssize_t size = recv(fd_.Get(), text.data(), text.size(), MSG_DONTWAIT);
    return size < 0 ? "nothing" : std::string(text.data(), static_cast<std::size_t>(size));
  }

 private:
  UniqueFd fd_;
  bool bound_ = false;
};

TEST(ServiceNotify, ReachesASocketWithAPath) {
  const std::string path = ::testing::TempDir() + "notify." + std::to_string(getpid());
  const Listener manager(path);
  ASSERT_TRUE(manager.bound());
  EXPECT_TRUE(NotifyService(path, "READY=1").has_value());
  EXPECT_EQ(manager.Receive(), "READY=1");
  unlink(path.c_str());
}

TEST(ServiceNotify, ReachesAnAbstractSocket) {
  const std::string name = "@osbx-notify." + std::to_string(getpid());
  const Listener manager(name);
  ASSERT_TRUE(manager.bound());
  EXPECT_TRUE(NotifyService(name, "STOPPING=1").has_value());
  EXPECT_EQ(manager.Receive(), "STOPPING=1");
}

TEST(ServiceNotify, WithoutAManagerThereIsNobodyToTell) {
  EXPECT_TRUE(NotifyService("", "READY=1").has_value());
}

TEST(ServiceNotify, SaysWhenNobodyListens) {
  EXPECT_FALSE(NotifyService("/nonexistent/socket", "READY=1").has_value());
  EXPECT_EQ(NotifyService(std::string(200, 'x'), "READY=1").error().code(), Code::kInvalid);
}

}  // namespace
}  // namespace osbx
