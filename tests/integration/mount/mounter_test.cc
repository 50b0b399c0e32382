// SPDX-License-Identifier: Apache-2.0
// Mounts that work, mounts that cannot, and what is left of either.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "drivers/mount/failure.h"
#include "drivers/mount/placement.h"
#include "drivers/mount/programs.h"
#include "fakes/matchers.h"
#include "integration/mount/mount_fixture.h"

namespace osbx::mount {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

class MounterTest : public MountFixture, public ::testing::WithParamInterface<const char*> {
 protected:
  std::string Version() const { return GetParam(); }
};

TEST_P(MounterTest, MountsWhatRootAndAnyUserCanReadAndWrite) {
  Mounter mounter = Open();
  const MountSpec spec = Spec(Version());
  ASSERT_THAT(server_->Call("PUT", "demo", "train/seed.txt", "", "from the store"), IsOk());
  const auto record = mounter.Mount(spec, Keys());
  ASSERT_THAT(record, IsOk());
  EXPECT_EQ(record->name, MountName(spec.identity));
  EXPECT_GT(record->pid, 0);
  EXPECT_GT(record->pid_start_time, 0);
  EXPECT_GT(record->mount_id, 0);

  EXPECT_EQ(ReadText(spec.target + "/seed.txt"), "from the store");
  EXPECT_EQ(RunAsUser("echo user > " + spec.target + "/user.txt && cat " + spec.target +
                      "/seed.txt && mkdir " + spec.target + "/dir && echo x > " + spec.target +
                      "/dir/file"),
            0);
  EXPECT_EQ(WriteText(spec.target + "/root.txt", "root"), 0);
  EXPECT_EQ(RunAsUser("echo more >> " + spec.target + "/root.txt"), 0);

  ASSERT_THAT(mounter.Unmount(*record), IsOk());
  const auto stored = server_->Call("GET", "demo", "train/root.txt");
  ASSERT_THAT(stored, IsOk());
  EXPECT_EQ(stored->body, "rootmore\n");
  EXPECT_EQ(Leftovers(), "");
  EXPECT_THAT(mounter.Unmount(*record), IsOk()) << "idempotent";
}

TEST_P(MounterTest, KeysAreInNoArgumentListAndNoEnvironment) {
  Mounter mounter = Open();
  const auto record = mounter.Mount(Spec(Version()), Keys());
  ASSERT_THAT(record, IsOk());
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    for (const char* file : {"/cmdline", "/environ"}) {
      const auto text = ReadFile(entry.path().string() + file);
      if (text) EXPECT_THAT(*text, Not(HasSubstr(kKeySecret))) << entry.path() << file;
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory_ / "run/creds"));
  EXPECT_THAT(ToJson(*record).dump(), Not(HasSubstr(kKeySecret)));
  ASSERT_THAT(mounter.Unmount(*record), IsOk());
}

TEST_P(MounterTest, WrongKeyIsNamedAndLeavesNothing) {
  const auto record = Open().Mount(Spec(Version()), Keys("another-secret-98765"));
  ASSERT_THAT(record, StatusIs(Code::kPermissionDenied));
  EXPECT_EQ(ReasonOf(record.error()), reason::kInvalidCredentials);
  EXPECT_THAT(record.error().ToString(), Not(HasSubstr("another-secret")));
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(MounterTest, MissingBucketIsNamedAndLeavesNothing) {
  MountSpec spec = Spec(Version());
  spec.identity.bucket = "no-such-bucket";
  const auto record = Open().Mount(spec, Keys());
  ASSERT_THAT(record, StatusIs(Code::kNotFound));
  EXPECT_EQ(ReasonOf(record.error()), reason::kBucketNotFound);
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(MounterTest, UnreachableEndpointIsNamedAndLeavesNothing) {
  MountSpec spec = Spec(Version());
  spec.identity.endpoint = "http://127.0.0.1:1";  // tcpmux: nobody listens there
  const auto record = Open().Mount(spec, Keys());
  ASSERT_THAT(record, StatusIs(Code::kUnavailable));
  EXPECT_EQ(ReasonOf(record.error()), reason::kEndpointUnreachable);
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(MounterTest, SilentServerIsGivenUpAtTheDeadlineAndLeavesNothing) {
  ASSERT_THAT(server_->Fault(R"({"action":"hang","seconds":60})"), IsOk());
  MounterOptions options = Options();
  options.mount_timeout = std::chrono::milliseconds(1500);
  const auto begin = std::chrono::steady_clock::now();
  const auto record = OpenWith(options).Mount(Spec(Version()), Keys());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
  ASSERT_THAT(record, StatusIs(Code::kDeadlineExceeded));
  EXPECT_EQ(ReasonOf(record.error()), reason::kTimedOut);
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(MounterTest, CancelledMountLeavesNothing) {
  ASSERT_THAT(server_->Fault(R"({"action":"hang","seconds":60})"), IsOk());
  Mounter mounter = Open();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(mounter.Mount(Spec(Version()), Keys(), stop.get_token()), StatusIs(Code::kCancelled));
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(MounterTest, ProgramThatNeverEndsIsKilledWithItsChildren) {
  for (const char* fault : {"hang-before-mount", "hang-child"}) {
    MounterOptions options = Faulty(fault);
    options.mount_timeout = std::chrono::milliseconds(1500);
    const auto record = OpenWith(options).Mount(Spec(Version()), Keys());
    ASSERT_THAT(record, StatusIs(Code::kDeadlineExceeded)) << fault;
    EXPECT_EQ(Leftovers(), "") << fault;
  }
}

TEST_P(MounterTest, SuccessWithoutAMountIsAFailure) {
  const auto record = OpenWith(Faulty("exit0-no-mount")).Mount(Spec(Version()), Keys());
  ASSERT_THAT(record, StatusIs(Code::kUnavailable));
  EXPECT_EQ(ReasonOf(record.error()), reason::kMountFailed);
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(MounterTest, ServerThatDiesAfterItsSuccessIsAFailure) {
  const auto record = OpenWith(Faulty("die-after-mount")).Mount(Spec(Version()), Keys());
  ASSERT_THAT(record, StatusIs(Code::kUnavailable));
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(MounterTest, MissingProgramAndMissingDeviceAreTold) {
  MounterOptions options = Options();
  options.search_path = {directory_ / "empty"};
  auto record = OpenWith(options).Mount(Spec(Version()), Keys());
  ASSERT_THAT(record, StatusIs(Code::kFailedPrecondition));
  EXPECT_EQ(ReasonOf(record.error()), reason::kBinaryMissing);

  options = Options();
  options.fuse_device = directory_ / "no-fuse";
  record = OpenWith(options).Mount(Spec(Version()), Keys());
  ASSERT_THAT(record, StatusIs(Code::kFailedPrecondition));
  EXPECT_EQ(ReasonOf(record.error()), reason::kNoFuseDevice);
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(MounterTest, UnknownOptionOfTheProgramIsTold) {
  const auto record = Open().Mount(Spec(Version(), "train", {"no_such_option"}), Keys());
  if (Version() == "2.0") {  // it ignores unknown names in its conf silently
    ASSERT_THAT(record, IsOk());
    ASSERT_THAT(Open().Unmount(*record), IsOk());
  } else {
    ASSERT_THAT(record, StatusIs(Code::kInvalid));
    EXPECT_EQ(ReasonOf(record.error()), reason::kInvalidOption);
  }
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(MounterTest, I7_WhatIsInTheWayStaysUntouched) {
  Mounter mounter = Open();
  const MountSpec spec = Spec(Version());
  std::filesystem::create_directories(spec.target);
  ASSERT_EQ(WriteText(spec.target + "/data", "precious"), 0);
  auto record = mounter.Mount(spec, Keys());
  ASSERT_THAT(record, StatusIs(Code::kFailedPrecondition));
  EXPECT_EQ(ReasonOf(record.error()), reason::kTargetOccupied);
  EXPECT_EQ(ReadText(spec.target + "/data"), "precious");

  ASSERT_EQ(::mount("tmpfs", spec.target.c_str(), "tmpfs", 0, nullptr), 0);
  ASSERT_EQ(WriteText(spec.target + "/data", "foreign"), 0);
  record = mounter.Mount(spec, Keys());
  ASSERT_THAT(record, StatusIs(Code::kFailedPrecondition));
  EXPECT_THAT(mounter.Unmount({.name = "x", .target = spec.target}),
              StatusIs(Code::kFailedPrecondition));
  EXPECT_EQ(ReadText(spec.target + "/data"), "foreign");
  ::umount2(spec.target.c_str(), 0);
  EXPECT_THAT(mounter.Unmount({.name = "x", .target = spec.target}), IsOk());
  EXPECT_EQ(ReadText(spec.target + "/data"), "precious") << "I1";
}

TEST_P(MounterTest, SymlinksBelowTheRootAreNotFollowed) {
  Mounter mounter = Open();
  const std::string elsewhere = directory_ / "elsewhere";
  std::filesystem::create_directories(elsewhere);
  std::filesystem::create_symlink(elsewhere, Root() + "/demo");
  const auto record = mounter.Mount(Spec(Version()), Keys());
  ASSERT_THAT(record, StatusIs(Code::kFailedPrecondition));
  EXPECT_EQ(ReasonOf(record.error()), reason::kTargetOccupied);
  EXPECT_TRUE(std::filesystem::is_empty(elsewhere));
}

TEST_P(MounterTest, MountsNeverNest) {
  Mounter mounter = Open();
  const auto whole = mounter.Mount(Spec(Version(), ""), Keys());
  ASSERT_THAT(whole, IsOk());
  MountSpec inside = Spec(Version(), "train");
  EXPECT_THAT(mounter.Mount(inside, Keys()), StatusIs(Code::kFailedPrecondition));
  const std::array<std::string, 1> taken{whole->target};
  inside.target = ChooseTarget(Root(), inside.identity, taken);
  EXPECT_THAT(inside.target, HasSubstr("/.osbx/"));
  const auto beside = mounter.Mount(inside, Keys());
  ASSERT_THAT(beside, IsOk());
  EXPECT_EQ(WriteText(beside->target + "/one", "1"), 0);
  EXPECT_EQ(ReadText(whole->target + "/train/one"), "1");
  EXPECT_THAT(mounter.Unmount(*whole), IsOk());
  EXPECT_EQ(ReadText(beside->target + "/one"), "1");
  EXPECT_THAT(mounter.Unmount(*beside), IsOk());
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(MounterTest, ManyAtOnceShareTheirParents) {
  constexpr int kMounts = 6;
  Mounter mounter = Open();
  std::array<std::string, kMounts> failures;
  for (const bool mounting : {true, false}) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kMounts; ++i)
      threads.emplace_back([&, i] {
        const MountSpec spec = Spec(Version(), "shared/parent/p" + std::to_string(i));
        const MountRecord record{.name = MountName(spec.identity), .target = spec.target};
        const Result<> done = mounting ? mounter.Mount(spec, Keys()).map([](auto&&) {})
                                       : Result<>::Base(mounter.Unmount(record));
        if (!done) failures[static_cast<std::size_t>(i)] += done.error().ToString();
      });
  }
  for (const std::string& failure : failures) EXPECT_EQ(failure, "");
  EXPECT_EQ(Leftovers(), "");
}

INSTANTIATE_TEST_SUITE_P(Version, MounterTest, ::testing::Values("1.0", "2.0"),
                         [](const auto& info) {
                           return info.param[0] == '1' ? std::string("v1") : std::string("v2");
                         });

TEST(DetectProgramsTest, FindsTheProgramsAndTheirVersions) {
  const Programs programs = DetectPrograms({fakes::StandinDirectory()});
  ASSERT_NE(programs.Find("ossfs"), nullptr);
  ASSERT_NE(programs.Find("ossfs2"), nullptr);
  EXPECT_EQ(programs.Find("ossfs")->version, "1.91.10");
  EXPECT_EQ(programs.Find("ossfs2")->version, "2.0.7");
  EXPECT_EQ(DetectPrograms({"/nonexistent"}, "/nonexistent").Find("ossfs"), nullptr);
  EXPECT_FALSE(DetectPrograms({"/nonexistent"}, "/etc/passwd").fuse_device);
}

}  // namespace
}  // namespace osbx::mount
