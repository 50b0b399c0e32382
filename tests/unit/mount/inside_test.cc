// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/inside.h"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/matchers.h"

namespace osbx::mount {
namespace {

InsideView View(std::string_view text) {
  return {.pid = 1, .start_time = 1, .table = MountTable(ParseMountInfo(text))};
}

TEST(InsideViewTest, TheTopmostMountAtThePlaceCounts) {
  const InsideView view = View(
      "1 0 8:1 / / rw - ext4 /dev/sda rw\n"
      "2 1 0:50 / /data rw - fuse.ossfs ossfs rw\n"
      "3 2 0:51 / /data rw - fuse.ossfs ossfs rw\n"
      "4 1 0:60 / /other rw - fuse.ossfs ossfs rw\n");
  EXPECT_TRUE(view.Shows("/data", 51));
  EXPECT_FALSE(view.Shows("/data", 50));
  EXPECT_FALSE(view.Shows("/data", 60)) << "it is mounted elsewhere inside";
}

TEST(InsideViewTest, APlaceBehindALinkIsFoundByItsFileSystem) {
  const InsideView view = View("2 1 0:50 / /real rw - fuse.ossfs ossfs rw\n");
  EXPECT_TRUE(view.Shows("/link", 50));
  EXPECT_FALSE(view.Shows("/link", 51));
  EXPECT_FALSE(View("2 1 7:50 / /real rw - ext4 x rw\n").Shows("/link", 50)) << "a disk";
}

TEST(InsideViewTest, AProcessThatIsThereAndOneThatIsNot) {
  const auto own = LookInside(::getpid());
  ASSERT_THAT(own, fakes::IsOk());
  EXPECT_GT(own->start_time, 0);
  EXPECT_NE(own->table.Find("/"), nullptr);
  EXPECT_THAT(LookInside(0x7ffffffe), fakes::StatusIs(Code::kNotFound));
}

}  // namespace
}  // namespace osbx::mount
