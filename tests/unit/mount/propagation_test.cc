// SPDX-License-Identifier: Apache-2.0
// Who goes with an unmount. The tables are what the kernel shows for the commands in the names.
#include "drivers/mount/propagation.h"

#include <gtest/gtest.h>

namespace osbx::mount {
namespace {

// The rows of a host with a shared "/" (group 1) and a FUSE mount in it (group 7).
constexpr const char* kHost =
    "20 1 8:1 / / rw shared:1 - ext4 /dev/sda rw\n"
    "49 20 0:51 / /mnt/ossfs/b rw shared:7 - fuse.ossfs2 ossfs2 rw\n";

bool Together(const std::string& copies, std::int64_t copy_id, const std::string& host = kHost) {
  const MountTable table(ParseMountInfo(host));
  const MountTable there(ParseMountInfo(copies));
  for (const MountInfoRow& row : there.Rows())
    if (row.mount_id == copy_id)
      return UnmountedTogether({row, there}, {*table.Find("/mnt/ossfs/b"), table});
  ADD_FAILURE() << "no mount " << copy_id;
  return false;
}

TEST(PropagationTest, ABindElsewhereInASharedFileSystemStays) {
  const std::string bound =
      std::string(kHost) + "60 20 0:51 / /other rw shared:7 - fuse.ossfs2 ossfs2 rw\n";
  EXPECT_FALSE(Together(bound, 60, bound));
}

TEST(PropagationTest, APrivateBindInAContainerStays) {
  EXPECT_FALSE(
      Together("70 5 0:60 / / rw - overlay overlay rw\n"
               "71 70 0:51 / /data rw - fuse.ossfs2 ossfs2 rw\n",
               71));
}

TEST(PropagationTest, ASlaveBindOfTheMountItselfStays) {
  EXPECT_FALSE(
      Together("70 5 0:60 / / rw - overlay overlay rw\n"
               "71 70 0:51 / /data rw master:7 - fuse.ossfs2 ossfs2 rw\n",
               71));
}

TEST(PropagationTest, ABindOfItsParentDirectoryWithRslaveGoes) {
  EXPECT_TRUE(
      Together("70 5 0:60 / / rw - overlay overlay rw\n"
               "71 70 8:1 /mnt/ossfs /all rw master:1 - ext4 /dev/sda rw\n"
               "72 71 0:51 / /all/b rw master:7 - fuse.ossfs2 ossfs2 rw\n",
               72));
}

TEST(PropagationTest, ACopyInASlaveNamespaceGoes) {
  EXPECT_TRUE(
      Together("80 5 8:1 / / rw master:1 - ext4 /dev/sda rw\n"
               "81 80 0:51 / /mnt/ossfs/b rw master:7 - fuse.ossfs2 ossfs2 rw\n",
               81));
}

TEST(PropagationTest, ACopyInASlaveOfASlaveGoes) {
  EXPECT_TRUE(
      Together("80 5 8:1 / /first rw shared:9 master:1 - ext4 /dev/sda rw\n"
               "90 5 8:1 / / rw master:9 - ext4 /dev/sda rw\n"
               "91 90 0:51 / /mnt/ossfs/b rw master:7 - fuse.ossfs2 ossfs2 rw\n",
               91));
}

TEST(PropagationTest, ACopyMadeByAPrivateNamespaceStays) {
  EXPECT_FALSE(
      Together("80 5 8:1 / / rw - ext4 /dev/sda rw\n"
               "81 80 0:51 / /mnt/ossfs/b rw - fuse.ossfs2 ossfs2 rw\n",
               81));
}

TEST(PropagationTest, NothingFollowsAPrivateHost) {
  const std::string host =
      "20 1 8:1 / / rw - ext4 /dev/sda rw\n"
      "49 20 0:51 / /mnt/ossfs/b rw - fuse.ossfs2 ossfs2 rw\n";
  EXPECT_FALSE(
      Together("80 5 8:1 / / rw - ext4 /dev/sda rw\n"
               "81 80 0:51 / /mnt/ossfs/b rw - fuse.ossfs2 ossfs2 rw\n",
               81, host));
}

}  // namespace
}  // namespace osbx::mount
