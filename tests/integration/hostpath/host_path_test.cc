// SPDX-License-Identifier: Apache-2.0
// Host volumes and slots against the real kernel; needs root (mounts in a namespace of the test's
// own).
#include "drivers/mount/host_path.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "drivers/mount/mount_root.h"
#include "drivers/mount/slot.h"

namespace osbx::mount {
namespace {

namespace fs = std::filesystem;

class HostPathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // Whatever the test mounts ends with its process.
    ASSERT_EQ(unshare(CLONE_NEWNS), 0) << "these tests need root";
    ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    char pattern[] = "/tmp/hostpath-XXXXXX";
    base_ = mkdtemp(pattern);
    fs::create_directories(base_ / "allowed/data");
    fs::create_directories(base_ / "outside");
    Write(base_ / "allowed/data/file", "inside");
    Write(base_ / "outside/secret", "outside");
  }
  void TearDown() override {
    EXPECT_TRUE(RemoveStaged(base_ / "stage").has_value());
    fs::remove_all(base_);
  }

  static void Write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }
  static std::string Read(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  Result<std::string> Stage(const std::string& path, const std::string& sub_path = "") {
    return StageHostPath({.allowed_prefixes = {base_ / "allowed"},
                          .path = base_ / path,
                          .sub_path = sub_path,
                          .stage_dir = base_ / "stage",
                          .name = "vol"});
  }

  fs::path base_;
};

TEST_F(HostPathTest, StagesADirectoryAFileAndASubPath) {
  const auto dir = Stage("allowed/data");
  ASSERT_TRUE(dir.has_value()) << dir.error().message();
  EXPECT_EQ(Read(*dir + "/file"), "inside");
  EXPECT_EQ(*Stage("allowed/data"), *dir) << "idempotent";
  ASSERT_TRUE(RemoveStaged(base_ / "stage").has_value());
  EXPECT_FALSE(fs::exists(base_ / "stage"));

  const auto file = Stage("allowed/data/file");
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(Read(*file), "inside");
  ASSERT_TRUE(RemoveStaged(base_ / "stage").has_value());

  const auto sub = Stage("allowed", "data");
  ASSERT_TRUE(sub.has_value());
  EXPECT_EQ(Read(*sub + "/file"), "inside");
}

TEST_F(HostPathTest, MakesMissingDirectoriesAndNeverRemovesThem) {
  ASSERT_TRUE(Stage("allowed/new/deep").has_value());
  Write(base_ / "stage/vol/x", "kept");
  ASSERT_TRUE(RemoveStaged(base_ / "stage").has_value());
  EXPECT_EQ(Read(base_ / "allowed/new/deep/x"), "kept");
}

TEST_F(HostPathTest, RefusesWhatIsOutsideTheAllowedPrefixes) {
  EXPECT_EQ(Stage("outside").error().code(), Code::kPermissionDenied);
  EXPECT_EQ(Stage("allowed2").error().code(), Code::kPermissionDenied);
  EXPECT_FALSE(fs::exists(base_ / "allowed2"));
}

TEST_F(HostPathTest, SymlinksMayNotLeadOut) {
  fs::create_symlink("../outside", base_ / "allowed/relative");
  fs::create_symlink(base_ / "outside", base_ / "allowed/absolute");
  fs::create_symlink("data", base_ / "allowed/inside");
  for (const char* path : {"allowed/relative", "allowed/relative/secret", "allowed/absolute",
                           "allowed/relative/new"}) {
    EXPECT_EQ(Stage(path).error().code(), Code::kPermissionDenied) << path;
  }
  EXPECT_FALSE(fs::exists(base_ / "outside/new"));
  const auto inside = Stage("allowed/inside");
  ASSERT_TRUE(inside.has_value()) << inside.error().message();
  EXPECT_EQ(Read(*inside + "/file"), "inside");
}

TEST_F(HostPathTest, TellsWhichOfPathAndSubPathLeadsOut) {
  fs::create_symlink("../../outside", base_ / "allowed/data/link");
  fs::create_symlink("../outside", base_ / "allowed/out");
  const auto by_sub_path = Stage("allowed/data", "link/secret");
  ASSERT_FALSE(by_sub_path.has_value());
  EXPECT_EQ(by_sub_path.error().causes().front().field, "subPath");
  EXPECT_NE(by_sub_path.error().message().find("\"link/secret\""), std::string::npos);
  const auto by_path = Stage("allowed/out", "secret");
  ASSERT_FALSE(by_path.has_value());
  EXPECT_EQ(by_path.error().causes().front().field, "path");
}

TEST_F(HostPathTest, ASwappedSourceDoesNotChangeWhatIsStaged) {
  const auto staged = Stage("allowed/data");
  ASSERT_TRUE(staged.has_value());
  fs::rename(base_ / "allowed/data", base_ / "allowed/was");
  fs::create_symlink(base_ / "outside", base_ / "allowed/data");
  EXPECT_EQ(Read(*staged + "/file"), "inside");
  EXPECT_FALSE(fs::exists(*staged + "/secret"));
}

TEST_F(HostPathTest, SlotsAreSmallSharedAndGoAway) {
  const std::string root = base_ / "slots";
  ASSERT_TRUE(EnsureSharedRoot(root).has_value());
  ASSERT_TRUE(EnsureSharedRoot(root).has_value()) << "idempotent";
  const auto slot = EnsureSlot(root, "a");
  ASSERT_TRUE(slot.has_value()) << slot.error().message();
  EXPECT_EQ(*EnsureSlot(root, "a"), *slot);
  EXPECT_TRUE(*IsMountRoot(*slot));
  EXPECT_LE(fs::space(*slot).capacity, 512U * 1024);
  Write(fs::path(*slot) / "run/x", "y");
  ASSERT_TRUE(RemoveSlot(root, "a").has_value());
  ASSERT_TRUE(RemoveSlot(root, "a").has_value()) << "idempotent";
  EXPECT_FALSE(fs::exists(*slot));
  EXPECT_EQ(umount2(root.c_str(), 0), 0);
}

}  // namespace
}  // namespace osbx::mount
