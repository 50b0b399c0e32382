// SPDX-License-Identifier: Apache-2.0
// The shared mount table against the kernel's: never older than the question, and not read twice.
#include "drivers/mount/live_mount_table.h"

#include <sys/mount.h>

#include <fstream>

#include <gtest/gtest.h>

#include "fakes/eventually.h"
#include "fakes/matchers.h"
#include "fakes/temp_dir.h"

namespace osbx::mount {
namespace {

TEST(LiveMountTableTest, HasEveryChangeMadeBeforeTheQuestion) {
  const fakes::TempDir dir;
  const std::string target = dir.Path().string();
  LiveMountTable live;
  for (int round = 0; round < 50; ++round) {
    ASSERT_EQ((*live.Now())->Find(target), nullptr) << round;
    ASSERT_EQ(::mount("osbx-test", target.c_str(), "tmpfs", 0, "size=64k"), 0);
    ASSERT_NE((*live.Now())->Find(target), nullptr) << round;
    ASSERT_EQ(::umount2(target.c_str(), UMOUNT_NOFOLLOW), 0);
  }
}

TEST(LiveMountTableTest, IsReadOnceWhileNothingChanges) {
  LiveMountTable live;
  // Other programs of this machine may mount in between.
  EXPECT_TRUE(fakes::Eventually([&live] { return *live.Now() == *live.Now(); }));
}

TEST(LiveMountTableTest, ATableThatCannotBeReadIsAnErrorAndReadLater) {
  const fakes::TempDir dir;
  const std::string path = dir / "mountinfo";
  LiveMountTable live(path);
  EXPECT_FALSE(live.Now().has_value());
  std::ofstream(path) << "1 2 0:3 / /a rw - t s o\n";
  const auto table = live.Now();
  ASSERT_TRUE(table.has_value());
  EXPECT_NE((*table)->Find("/a"), nullptr);
}

}  // namespace
}  // namespace osbx::mount
