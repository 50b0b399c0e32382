// SPDX-License-Identifier: Apache-2.0
#include "base/atomic_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/matchers.h"
#include "fakes/temp_dir.h"

namespace osbx {
namespace {

using fakes::IsOk;
using fakes::StatusIs;

mode_t ModeOf(const std::string& path) {
  struct stat info {};
  ::stat(path.c_str(), &info);
  return info.st_mode & 07777U;
}

TEST(AtomicFileTest, ReplacesWholeFilesAndLeavesNoTemporaries) {
  const fakes::TempDir dir;
  const std::string path = dir / "file";
  EXPECT_THAT(WriteFileAtomically(path, "one"), IsOk());
  EXPECT_THAT(WriteFileAtomically(path, "two", {.mode = 0640, .sync = false}), IsOk());
  EXPECT_EQ(*ReadFile(path), "two");
  EXPECT_EQ(ModeOf(path), 0640U);
  EXPECT_THAT(WriteFileAtomically(dir / "missing/file", "x"), StatusIs(Code::kNotFound));
  std::filesystem::create_directory(dir / "taken");
  EXPECT_FALSE(WriteFileAtomically(dir / "taken", "x").has_value());
  const auto entries = std::filesystem::directory_iterator(dir.Path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 2);
}

TEST(AtomicFileTest, ExclusiveCreationNeverTouchesWhatIsThere) {
  const fakes::TempDir dir;
  const std::string path = dir / "key";
  EXPECT_THAT(CreateFileExclusively(path, "a", 0600), IsOk());
  EXPECT_EQ(ModeOf(path), 0600U);
  EXPECT_THAT(CreateFileExclusively(path, "b", 0600), StatusIs(Code::kAlreadyExists));
  EXPECT_EQ(*ReadFile(path), "a");
  std::filesystem::create_symlink(dir / "elsewhere", dir / "link");
  EXPECT_FALSE(CreateFileExclusively(dir / "link", "c", 0600).has_value());
  EXPECT_FALSE(std::filesystem::exists(dir / "elsewhere"));
}

TEST(AtomicFileTest, ReadsAreBounded) {
  const fakes::TempDir dir;
  const std::string path = dir / "file";
  ASSERT_THAT(WriteFileAtomically(path, "0123456789"), IsOk());
  EXPECT_THAT(ReadFile(path, 10), IsOk());
  EXPECT_THAT(ReadFile(path, 9), StatusIs(Code::kExhausted));
  EXPECT_EQ(*ReadFileTail(path, 4), "6789");
  EXPECT_EQ(*ReadFileTail(path, 100), "0123456789");
  EXPECT_THAT(ReadFile(dir / "no"), StatusIs(Code::kNotFound));
  EXPECT_THAT(ReadFile("/proc/self/status"), IsOk());
}

}  // namespace
}  // namespace osbx
