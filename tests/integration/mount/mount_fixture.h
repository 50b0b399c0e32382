// SPDX-License-Identifier: Apache-2.0
// A Mounter over directories of its own, the stand-ins for ossfs and ossfs2, and a fake object
// store. Whatever a failed test leaves is unmounted at the end. One thread.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "drivers/mount/mounter.h"
#include "fakes/oss_process.h"
#include "fakes/temp_dir.h"

namespace osbx::mount {

inline constexpr const char* kKeyId = "test-key-id";
inline constexpr const char* kKeySecret = "test-key-secret-0123456789";

class MountFixture : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  MounterOptions Options() const;
  // A new one on the same directories, as after a restart.
  Mounter Open() const { return OpenWith(Options()); }
  static Mounter OpenWith(MounterOptions options);
  // With OSSFS_STANDIN_FAULT in the servers' environment.
  MounterOptions Faulty(const std::string& fault) const;

  MountSpec Spec(const std::string& version, const std::string& prefix = "train",
                 std::vector<std::string> options = {}) const;
  static Credentials Keys(const std::string& secret = kKeySecret);

  std::string Root() const { return directory_ / "mnt"; }
  // In the environment of every server started below Root().
  std::string Marker() const;
  // What an unmount must not leave; "" when nothing is left.
  std::string Leftovers() const;

  fakes::TempDir directory_;
  std::unique_ptr<fakes::OssProcess> server_;
};

// Runs a shell script as the user 1000; its exit code.
int RunAsUser(const std::string& script);
int RunAsRoot(const std::string& script);
std::string ReadText(const std::string& path);
// errno, 0 for success.
int WriteText(const std::string& path, const std::string& text);

}  // namespace osbx::mount
