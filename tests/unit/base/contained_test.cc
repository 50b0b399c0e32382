// SPDX-License-Identifier: Apache-2.0
// What a sandbox leaves in its slot leads nowhere else; tokens belong to one sandbox.
#include "base/contained.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/endpoint_token.h"
#include "fakes/matchers.h"
#include "fakes/temp_dir.h"

namespace osbx {
namespace {

namespace fs = std::filesystem;
using fakes::StatusIs;

UniqueFd ListenAt(const std::string& path) {
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  EXPECT_EQ(bind(fd.Get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(listen(fd.Get(), 8), 0);
  return fd;
}

class Contained : public ::testing::Test {
 protected:
  Contained() { fs::create_directories(slot_ + "/run"); }
  fakes::TempDir dir_;
  const std::string slot_ = dir_ / "slot";
};

TEST_F(Contained, ConnectsToASocketBelowTheDirectory) {
  const UniqueFd listener = ListenAt(slot_ + "/run/s");
  const auto fd = ConnectBeneath(slot_, "run/s");
  ASSERT_TRUE(fd) << fd.error().ToString();
  EXPECT_EQ(send(fd->Get(), "x", 1, MSG_NOSIGNAL), 1);
}

TEST_F(Contained, FollowsNoLinkToASocketOfTheHost) {
  const UniqueFd host = ListenAt(dir_ / "host.sock");
  fs::create_symlink(dir_ / "host.sock", slot_ + "/run/s");
  EXPECT_FALSE(ConnectBeneath(slot_, "run/s"));
  fs::rename(slot_ + "/run", slot_ + "/old");
  fs::create_directory_symlink(dir_.Path().string(), slot_ + "/run");
  EXPECT_FALSE(ConnectBeneath(slot_, "run/host.sock"));
  EXPECT_FALSE(ConnectBeneath(slot_, "../host.sock"));
}

TEST_F(Contained, SaysWhatIsMissing) {
  EXPECT_THAT(ConnectBeneath(slot_, "run/s"), StatusIs(Code::kNotFound));
  { const UniqueFd gone = ListenAt(slot_ + "/run/s"); }
  EXPECT_THAT(ConnectBeneath(slot_, "run/s"), StatusIs(Code::kUnavailable));
  ASSERT_EQ(mkfifo((slot_ + "/run/pipe").c_str(), 0600), 0);
  EXPECT_THAT(ConnectBeneath(slot_, "run/pipe"), StatusIs(Code::kUnavailable));
}

TEST_F(Contained, WritesAFileAnewAndNotThroughALink) {
  const std::string victim = dir_ / "victim";
  ASSERT_TRUE(WriteBeneath(dir_.Path().string(), "victim", Secret("mine"), 0600));
  fs::create_symlink(victim, slot_ + "/run/token");
  ASSERT_TRUE(WriteBeneath(slot_, "run/token", Secret("secret"), 0444));
  EXPECT_EQ(*ReadFile(victim, 100), "mine");
  EXPECT_EQ(*ReadFile(slot_ + "/run/token", 100), "secret");
  struct stat info {};
  ASSERT_EQ(lstat((slot_ + "/run/token").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode, S_IFREG | 0444U);
  ASSERT_TRUE(RemoveBeneath(slot_, "run/token"));
  ASSERT_TRUE(RemoveBeneath(slot_, "run/token"));
  EXPECT_FALSE(fs::exists(slot_ + "/run/token"));
}

TEST(EndpointToken, BelongsToOneSandboxOfOneInstallation) {
  const Secret key("k1");
  const Secret token = EndpointToken(key, "a");
  EXPECT_EQ(token.Reveal().size(), 64U);
  EXPECT_TRUE(token == EndpointToken(key, "a"));
  EXPECT_FALSE(token == EndpointToken(key, "b"));
  EXPECT_FALSE(token == EndpointToken(Secret("k2"), "a"));
}

}  // namespace
}  // namespace osbx
