// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace osbx {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class LogFile : public ::testing::Test {
 protected:
  LogFile() { std::filesystem::create_directories(directory_); }
  ~LogFile() override {
    Ignore(log::Configure(log::Level::kInfo), "standard error takes every line");
    std::filesystem::remove_all(directory_);
  }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  std::string Read(const std::string& name) const {
    std::ifstream file(Path(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  const std::string directory_ = ::testing::TempDir() + "log." + std::to_string(getpid());
};

TEST_F(LogFile, HoldsLinesFromTheLevelOn) {
  ASSERT_TRUE(log::Configure(log::Level::kInfo, Path("log")).has_value());
  log::Debug("too much");
  log::Info("mounted", {{"pid", 7}});
  EXPECT_THAT(Read("log"), AllOf(HasSubstr("mounted pid=7\n"), Not(HasSubstr("too much"))));
}

TEST_F(LogFile, IsMadeAnewAfterItWasRenamed) {
  ASSERT_TRUE(log::Configure(log::Level::kInfo, Path("log")).has_value());
  log::Info("before");
  std::filesystem::rename(Path("log"), Path("log.1"));
  log::Info("between");
  ASSERT_TRUE(log::Reopen().has_value());
  log::Info("after");
  EXPECT_THAT(Read("log.1"), AllOf(HasSubstr("before"), HasSubstr("between")));
  EXPECT_THAT(Read("log"), AllOf(HasSubstr("after"), Not(HasSubstr("between"))));
}

TEST_F(LogFile, StaysInUseWhenItCannotBeOpenedAgain) {
  std::filesystem::create_directory(Path("d"));
  ASSERT_TRUE(log::Configure(log::Level::kInfo, Path("d/log")).has_value());
  std::filesystem::rename(Path("d"), Path("moved"));
  EXPECT_FALSE(log::Reopen().has_value());
  log::Info("still told");
  EXPECT_THAT(Read("moved/log"), HasSubstr("still told"));
}

TEST_F(LogFile, AFileThatCannotBeOpenedIsAnError) {
  EXPECT_FALSE(log::Configure(log::Level::kInfo, Path("missing/log")).has_value());
}

TEST_F(LogFile, WithoutAFileThereIsNothingToReopen) {
  ASSERT_TRUE(log::Configure(log::Level::kInfo).has_value());
  EXPECT_TRUE(log::Reopen().has_value());
}

}  // namespace
}  // namespace osbx
