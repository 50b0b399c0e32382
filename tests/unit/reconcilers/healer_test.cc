// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/sandbox/healer.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/matchers.h"

namespace osbx::reconcilers {
namespace {

using fakes::IsOk;
using fakes::StatusIs;

class HealerTest : public ::testing::Test {
 protected:
  HealerTest() {
    container_.details =
        docker::ContainerState{.status = docker::ContainerStatus::kRunning, .pid = 7};
  }
  void Inside(const std::string& row) {
    view_ = mount::InsideView{
        .pid = 7, .start_time = 99, .table = mount::MountTable(mount::ParseMountInfo(row))};
  }

  Result<mount::InsideView> view_ = Error(Code::kNotFound, "gone");
  std::vector<mount::InsidePlace> replaced_;
  ContainerRow container_;
  const SeenVolume volume_{
      .mount_path = "/data", .target = "/mnt/ossfs/b", .device_minor = 51, .read_only = true};
  const Healer healer_{
      {.look = [this](pid_t) { return view_; },
       .replace = [this](const std::string& target, const mount::InsidePlace& place) -> Result<> {
         EXPECT_EQ(target, "/mnt/ossfs/b");
         replaced_.push_back(place);
         return {};
       }}};
};

TEST_F(HealerTest, AnEarlierMountIsReplacedReadOnlyAsItWas) {
  Inside("2 1 0:50 / /data ro - fuse.ossfs ossfs rw");
  EXPECT_FALSE(healer_.SeesPresent(container_, volume_));
  ASSERT_THAT(healer_.Replace(container_, volume_), IsOk());
  ASSERT_EQ(replaced_.size(), 1U);
  EXPECT_EQ(replaced_[0].pid, 7);
  EXPECT_EQ(replaced_[0].start_time, 99) << "a reused pid must not be entered";
  EXPECT_EQ(replaced_[0].path, "/data");
  EXPECT_TRUE(replaced_[0].read_only);
}

TEST_F(HealerTest, ThePresentMountIsLeftAlone) {
  Inside("2 1 0:51 / /data ro - fuse.ossfs ossfs rw");
  EXPECT_TRUE(healer_.SeesPresent(container_, volume_));
  EXPECT_THAT(healer_.Replace(container_, volume_), IsOk());
  EXPECT_TRUE(replaced_.empty());
}

TEST_F(HealerTest, AContainerThatHasEndedIsNotStale) {
  EXPECT_TRUE(healer_.SeesPresent(container_, volume_));
  EXPECT_THAT(healer_.Replace(container_, volume_), StatusIs(Code::kNotFound));
  container_.details.reset();
  EXPECT_TRUE(healer_.SeesPresent(container_, volume_));
  EXPECT_THAT(healer_.Replace(container_, volume_), StatusIs(Code::kNotFound));
  EXPECT_TRUE(replaced_.empty());
}

}  // namespace
}  // namespace osbx::reconcilers
