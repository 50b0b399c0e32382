// SPDX-License-Identifier: Apache-2.0
// Mounts over time: busy, dead, hung, and the daemon's own crashes.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "base/subprocess.h"
#include "drivers/mount/failure.h"
#include "drivers/mount/mount_watch.h"
#include "drivers/mount/process_table.h"
#include "fakes/eventually.h"
#include "fakes/matchers.h"
#include "integration/mount/mount_fixture.h"

namespace osbx::mount {
namespace {

using fakes::Eventually;
using fakes::IsOk;
using fakes::StatusIs;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LifecycleTest : public MountFixture, public ::testing::WithParamInterface<const char*> {
 protected:
  std::string Version() const { return GetParam(); }

  MountRecord Mounted(Mounter& mounter) {
    auto record = mounter.Mount(Spec(Version()), Keys());
    if (!record) throw std::runtime_error(record.error().ToString());
    return *std::move(record);
  }
  static void KillServer(const MountRecord& record) {
    ASSERT_GT(record.pid, 0);
    const UniqueFd process = OpenProcess(static_cast<pid_t>(record.pid), record.pid_start_time);
    Kill(process);
    ASSERT_TRUE(WaitForEnd(process, fakes::kPatience));
  }
};

TEST_P(LifecycleTest, BusyUnmountNamesTheHolderAndChangesNothing) {
  Mounter mounter = Open();
  const MountRecord record = Mounted(mounter);
  {
    const UniqueFd held(::open(record.target.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(held);
    const Result<> busy = mounter.Unmount(record);
    ASSERT_THAT(busy, StatusIs(Code::kFailedPrecondition));
    EXPECT_EQ(ReasonOf(busy.error()), reason::kTargetBusy);
    EXPECT_THAT(busy.error().causes().front().message,
                HasSubstr("process " + std::to_string(::getpid()) + " ("));
    EXPECT_THAT(mounter.Probe(record.target, ProbeDepth::kBackend), IsOk());
  }
  EXPECT_THAT(mounter.Unmount(record), IsOk());
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(LifecycleTest, BindsElsewhereKeepAMountBusy) {
  Mounter mounter = Open();
  const MountRecord record = Mounted(mounter);
  const std::string other = directory_ / "bind";
  std::filesystem::create_directory(other);
  ASSERT_EQ(::mount(record.target.c_str(), other.c_str(), nullptr, MS_BIND, nullptr), 0);
  Result<> busy = mounter.Unmount(record);
  ASSERT_THAT(busy, StatusIs(Code::kFailedPrecondition));
  EXPECT_THAT(busy.error().causes().front().message, HasSubstr(other));
  ASSERT_EQ(::umount2(other.c_str(), 0), 0);

  // Another mount namespace with a private copy, as a container has.
  SubprocessOptions options;
  options.argv = {"/usr/bin/unshare", "-m", "--propagation", "private", "/bin/sleep", "120"};
  auto child = StartSubprocess(options, -1, -1, -1);
  ASSERT_THAT(child, IsOk());
  const auto table = MountTable::Read();
  ASSERT_THAT(table, IsOk());
  const MountInfoRow row = *table->Find(record.target);
  EXPECT_TRUE(Eventually([&] {
    const auto holders = FindBinds(row, *MountTable::Read());
    return holders.size() == 1 && holders.front().pid == child->Pid() &&
           holders.front().command == "sleep";
  }));
  busy = mounter.Unmount(record);
  ASSERT_THAT(busy, StatusIs(Code::kFailedPrecondition));
  EXPECT_THAT(busy.error().causes().front().message, HasSubstr("(sleep)"));
  child->Abandon(fakes::kPatience, nullptr, "");
  EXPECT_TRUE(Eventually([&] { return mounter.Unmount(record).has_value(); }));
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(LifecycleTest, DeadServerIsSeenAndReplaced) {
  Mounter mounter = Open();
  const MountRecord record = Mounted(mounter);
  KillServer(record);
  const Result<> dead = mounter.Probe(record.target);
  ASSERT_THAT(dead, StatusIs(Code::kUnavailable));
  EXPECT_EQ(ReasonOf(dead.error()), reason::kNotConnected);
  EXPECT_EQ(mounter.Adopt(std::array{record})->front(), Adoption::kServerGone);

  const auto again = mounter.Mount(Spec(Version()), Keys());
  ASSERT_THAT(again, IsOk());
  EXPECT_NE(again->pid, record.pid);
  EXPECT_EQ(WriteText(record.target + "/alive", "yes"), 0);
  EXPECT_EQ(mounter.Adopt(std::array{record})->front(), Adoption::kReplaced);
  EXPECT_EQ(mounter.Adopt(std::array{*again})->front(), Adoption::kAlive);
  EXPECT_THAT(mounter.Unmount(*again), IsOk());
  EXPECT_EQ(mounter.Adopt(std::array{*again})->front(), Adoption::kNotMounted);
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(LifecycleTest, DeadMountCanBeDetached) {
  Mounter mounter = Open();
  const MountRecord record = Mounted(mounter);
  KillServer(record);
  EXPECT_THAT(mounter.Unmount(record, {.detach = true}), IsOk());
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(LifecycleTest, I12_NothingCanBeWrittenBelowALostMount) {
  Mounter mounter = Open();
  const MountRecord record = Mounted(mounter);
  KillServer(record);
  ASSERT_EQ(::umount2(record.target.c_str(), MNT_DETACH), 0);
  EXPECT_EQ(WriteText(record.target + "/lost", "x"), EPERM) << "even as root";
  EXPECT_NE(RunAsUser("echo x > " + record.target + "/lost"), 0);
  EXPECT_THAT(mounter.Unmount(record), IsOk());
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(LifecycleTest, StoppedServerNeverHangsUs) {
  MounterOptions options = Options();
  options.probe_timeout = std::chrono::milliseconds(300);
  Mounter mounter = OpenWith(options);
  const MountRecord record = Mounted(mounter);
  ASSERT_EQ(::kill(static_cast<pid_t>(record.pid), SIGSTOP), 0);
  // Its threads stop one after the other.
  ASSERT_TRUE(Eventually([&] { return !mounter.Probe(record.target).has_value(); }));
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) {
    const Result<> hung = mounter.Probe(record.target);
    ASSERT_THAT(hung, StatusIs(Code::kDeadlineExceeded));
    EXPECT_EQ(ReasonOf(hung.error()), reason::kTimedOut);
  }
  EXPECT_EQ(mounter.Adopt(std::array{record})->front(), Adoption::kAlive) << "without an answer";
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));

  ASSERT_THAT(mounter.Abort(record), IsOk());
  EXPECT_TRUE(Eventually([&] {
    const Result<> dead = mounter.Probe(record.target);
    return !dead && ReasonOf(dead.error()) == reason::kNotConnected;
  }));
  EXPECT_THAT(mounter.Unmount(record, {.detach = true}), IsOk());
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(LifecycleTest, HungObjectStoreIsTheBackendsFaultNotTheServers) {
  MounterOptions options = Options();
  options.probe_timeout = std::chrono::milliseconds(500);
  Mounter mounter = OpenWith(options);
  const MountRecord record = Mounted(mounter);
  ASSERT_THAT(server_->Fault(R"({"action":"hang","seconds":60})"), IsOk());
  EXPECT_THAT(mounter.Probe(record.target, ProbeDepth::kServer), IsOk());
  EXPECT_THAT(mounter.Probe(record.target, ProbeDepth::kBackend),
              StatusIs(Code::kDeadlineExceeded));
  ASSERT_THAT(server_->ClearFaults(), IsOk());
  EXPECT_TRUE(Eventually([&] { return mounter.Unmount(record).has_value(); }));
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(LifecycleTest, StackedMountsAreAllRemoved) {
  Mounter mounter = Open();
  const MountRecord record = Mounted(mounter);
  ASSERT_EQ(::mount(record.target.c_str(), record.target.c_str(), nullptr, MS_BIND, nullptr), 0);
  ASSERT_EQ(MountTable::Read()->Depth(record.target), 2U);
  EXPECT_THAT(mounter.Unmount(record), IsOk());
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(LifecycleTest, I4_MountsOutliveTheDaemonAndAreFoundAgain) {
  MountRecord record;
  {
    Mounter first = Open();
    record = Mounted(first);
  }
  Mounter second = Open();
  const auto parsed = RecordFromJson(ToJson(record));
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(second.Adopt(std::array{*parsed})->front(), Adoption::kAlive);
  // The record was lost: the mount is found by what it is for.
  const auto described = second.Describe(record.name, record.target);
  ASSERT_THAT(described, IsOk());
  EXPECT_EQ(described->pid, record.pid);
  const auto again = second.Mount(Spec(Version()), Keys());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->pid, record.pid) << "adopted, not mounted again";
  EXPECT_EQ(again->mount_id, record.mount_id);
  // Name and target alone are enough to remove it.
  EXPECT_THAT(second.Unmount({.name = record.name, .target = record.target}), IsOk());
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(LifecycleTest, I3_LiveMountOfAnotherIdentityIsNotAdopted) {
  Mounter mounter = Open();
  const MountRecord record = Mounted(mounter);
  MountSpec other = Spec(Version());
  other.identity.credential_fingerprint = "bad";
  const auto refused = mounter.Mount(other, Keys());
  ASSERT_THAT(refused, StatusIs(Code::kFailedPrecondition));
  EXPECT_EQ(ReasonOf(refused.error()), reason::kTargetOccupied);
  EXPECT_THAT(mounter.Unmount(record), IsOk());
}

// The daemon is killed while the program has not mounted yet: the next start must not leave a
// second server, nor may the first one's mount appear later.
TEST_P(LifecycleTest, I4_HalfStartedServerOfACrashedDaemonIsEnded) {
  const pid_t daemon = ::fork();
  ASSERT_GE(daemon, 0);
  if (daemon == 0) {
    Mounter mounter = OpenWith(Faulty("hang-child"));
    const auto never = mounter.Mount(Spec(Version()), Keys());
    ::_exit(never ? 0 : 1);
  }
  // The command and its child: the keys have been read and checked, the mount has not been made.
  ASSERT_TRUE(Eventually([&] { return FindMarked(Marker()).size() >= 2; }));
  EXPECT_FALSE(std::filesystem::is_empty(directory_ / "run/creds"));
  ::kill(daemon, SIGKILL);
  ::waitpid(daemon, nullptr, 0);

  Mounter mounter = Open();
  EXPECT_THAT(mounter.InspectAll()->credential_files, IsEmpty());
  const MountRecord record = Mounted(mounter);
  const auto inventory = mounter.InspectAll();
  ASSERT_THAT(inventory, IsOk());
  EXPECT_THAT(inventory->servers, SizeIs(1));
  EXPECT_THAT(inventory->mounts, SizeIs(1));
  EXPECT_THAT(mounter.Unmount(record), IsOk());
  EXPECT_EQ(Leftovers(), "");
}

TEST_P(LifecycleTest, InventoryShowsWhatNobodyNeeds) {
  Mounter mounter = Open();
  const MountRecord record = Mounted(mounter);
  std::filesystem::create_directories(Root() + "/old/bucket");
  ASSERT_EQ(WriteText(directory_ / "run/creds/left", "x"), 0);
  const auto inventory = mounter.InspectAll();
  ASSERT_THAT(inventory, IsOk());
  EXPECT_THAT(inventory->mounts, SizeIs(1));
  ASSERT_THAT(inventory->servers, SizeIs(1));
  EXPECT_EQ(inventory->servers.front().name, record.name);
  EXPECT_EQ(inventory->servers.front().pid, record.pid);
  EXPECT_THAT(inventory->stray_directories, ::testing::ElementsAre(Root() + "/old/bucket"));
  EXPECT_THAT(inventory->credential_files, SizeIs(1));
  EXPECT_THAT(inventory->log_dirs, ::testing::ElementsAre(record.name));
  EXPECT_THAT(mounter.RemoveStrayDirectory(Root() + "/old/bucket"), IsOk());
  EXPECT_FALSE(std::filesystem::exists(Root() + "/old"));
  EXPECT_THAT(mounter.RemoveStrayDirectory(record.target), StatusIs(Code::kFailedPrecondition));
  EXPECT_THAT(mounter.RemoveStrayDirectory("/etc"), StatusIs(Code::kInvalid));
  EXPECT_THAT(mounter.Unmount(record), IsOk());
}

TEST_P(LifecycleTest, ChangesOfTheMountTableAreTold) {
  Mounter mounter = Open();
  std::atomic<int> changes = 0;
  auto watch = MountWatch::Start([&] { ++changes; });
  ASSERT_THAT(watch, IsOk());
  const MountRecord record = Mounted(mounter);
  EXPECT_TRUE(Eventually([&] { return changes > 0; }));
  changes = 0;
  ASSERT_EQ(::umount2(record.target.c_str(), 0), 0);
  EXPECT_TRUE(Eventually([&] { return changes > 0; }));
  EXPECT_THAT(mounter.Unmount(record), IsOk());
}

INSTANTIATE_TEST_SUITE_P(Version, LifecycleTest, ::testing::Values("1.0", "2.0"),
                         [](const auto& info) {
                           return info.param[0] == '1' ? std::string("v1") : std::string("v2");
                         });

}  // namespace
}  // namespace osbx::mount
