// SPDX-License-Identifier: Apache-2.0
// The mountinfo parser on real lines and on hostile bytes.
#include "drivers/mount/mountinfo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/mount/backend.h"
#include "fakes/matchers.h"
#include "fakes/temp_dir.h"

namespace osbx::mount {
namespace {

using ::testing::SizeIs;

constexpr const char* kOssfs2 =
    "49 27 0:51 / /mp rw,nosuid,nodev,relatime shared:7 master:3 - fuse.ossfs2 ossfs2 "
    "rw,user_id=0,group_id=0,default_permissions,allow_other";

TEST(MountInfoTest, ReadsEveryField) {
  const auto row = ParseMountInfoLine(kOssfs2);
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->mount_id, 49);
  EXPECT_EQ(row->parent_id, 27);
  EXPECT_EQ(row->device_major, 0U);
  EXPECT_EQ(row->device_minor, 51U);
  EXPECT_EQ(row->root, "/");
  EXPECT_EQ(row->target, "/mp");
  EXPECT_EQ(row->mount_options, "rw,nosuid,nodev,relatime");
  EXPECT_EQ(row->shared_group, 7);
  EXPECT_EQ(row->master_group, 3);
  EXPECT_EQ(row->fstype, "fuse.ossfs2");
  EXPECT_EQ(row->source, "ossfs2");
  EXPECT_THAT(row->super_options, ::testing::HasSubstr("allow_other"));
  EXPECT_TRUE(IsFuseServerRow(*row));
}

TEST(MountInfoTest, ResolvesEscapes) {
  const auto row =
      ParseMountInfoLine(R"(1 2 0:3 / /a\040b\011c\012d\134e\043f rw - fuse.ossfs oss:\040x rw)");
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->target, "/a b\tc\nd\\e#f");
  EXPECT_EQ(row->source, "oss: x");
  const auto odd = ParseMountInfoLine(R"(1 2 0:3 / /a\04 rw - x\9 y\ rw)");
  ASSERT_TRUE(odd.has_value());
  EXPECT_EQ(odd->target, "/a\\04") << "no escape: kept as it is";
}

TEST(MountInfoTest, RefusesMalformedLinesAndKeepsTheOthers) {
  const char* bad[] = {"",
                       " ",
                       "-",
                       "1 2 0:3 / /a rw",
                       "1 2 0:3 / /a rw -",
                       "1 2 0:3 / /a rw - t s",
                       "x 2 0:3 / /a rw - t s o",
                       "1 2 03 / /a rw - t s o",
                       "1 2 0:x / /a rw - t s o",
                       "1 2 0:3 / a rw - t s o",
                       "1 2 0:3 / /a rw shared:x - t s o",
                       "99999999999999999999 2 0:3 / /a rw - t s o",
                       "1 2 0:3 / /a - t s o"};
  for (const char* line : bad) EXPECT_FALSE(ParseMountInfoLine(line).has_value()) << line;
  std::string text;
  for (const char* line : bad) text += std::string(line) + "\n";
  EXPECT_THAT(ParseMountInfo(text + kOssfs2 + "\n" + std::string("\0\xff\xfe", 3)), SizeIs(1));
  EXPECT_THAT(ParseMountInfo(std::string(1 << 16, '\\')), SizeIs(0));
}

TEST(MountTableTest, FindsTheTopmostAndWhatIsBelow) {
  const MountTable table(
      ParseMountInfo("1 0 0:1 / / rw - ext4 d rw\n"
                     "2 1 0:2 / /mnt/a rw - fuse.ossfs a rw\n"
                     "3 2 0:3 / /mnt/a rw - fuse.ossfs2 b rw\n"
                     "4 1 0:4 / /mnt/ab rw - tmpfs c rw\n"
                     "5 1 0:5 / /mnt rw - tmpfs c rw\n"));
  ASSERT_NE(table.Find("/mnt/a"), nullptr);
  EXPECT_EQ(table.Find("/mnt/a")->mount_id, 3);
  EXPECT_EQ(table.Depth("/mnt/a"), 2U);
  EXPECT_EQ(table.Find("/nowhere"), nullptr);
  EXPECT_THAT(table.Below("/mnt"), SizeIs(3));
  EXPECT_THAT(table.Below("/mnt/a"), SizeIs(0));
}

TEST(MountTableTest, ReadsAFile) {
  EXPECT_THAT(MountTable::Read(), fakes::IsOk());
  EXPECT_THAT(MountTable::Read("/nonexistent"), fakes::StatusIs(Code::kNotFound));
}

}  // namespace
}  // namespace osbx::mount
