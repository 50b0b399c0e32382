// SPDX-License-Identifier: Apache-2.0
// The stand-ins against what was measured with the real ossfs 1.91.10 and ossfs2 2.0.7: forms, exit
// codes, where an error is written, and that bytes really travel.
#include <signal.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/eventually.h"
#include "fakes/matchers.h"
#include "fakes/oss_process.h"
#include "integration/oss/fuse_scratch.h"

namespace osbx::fakes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kCredentials = R"({"AK":{"secret":"SK"},
    "TRAIN":{"secret":"ST","allow":["demo/train/"]}})";
constexpr int kDenied = 256 - EACCES;
constexpr int kNoBucket = 256 - ENOENT;
constexpr int kIoError = 256 - EIO;
constexpr int kTimedOut = 256 - ETIMEDOUT;

std::string ReadText(const std::string& path) {
  std::ifstream input(path);
  return {std::istreambuf_iterator<char>(input), {}};
}

// Right after the end of its server a mount says ECONNABORTED to those who wait, then ENOTCONN for
// ever.
bool IsDead(const std::string& mountpoint) {
  struct statvfs status {};
  return ::statvfs(mountpoint.c_str(), &status) != 0 && errno == ENOTCONN;
}

class StandinTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = MissingForFuse(); !missing.empty()) {
      if (std::getenv("CI") != nullptr) FAIL() << "needs " << missing;
      GTEST_SKIP() << "needs " << missing;
    }
    auto server = OssProcess::Start({.credentials = kCredentials, .region = "cn-hangzhou"});
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    target_ = scratch_.MakeDirectory("mnt");
    passwd_ = scratch_.WriteFile("passwd", "demo:AK:SK", 0600);
  }

  FuseScratch::Outcome Ossfs(const std::string& source,
                             const std::vector<std::string>& options = {},
                             std::vector<std::string> env = {}) {
    std::vector<std::string> argv{"ossfs",
                                  source,
                                  target_,
                                  "-o",
                                  "url=" + server_->endpoint(),
                                  "-o",
                                  "passwd_file=" + passwd_};
    for (const auto& option : options) argv.insert(argv.end(), {"-o", option});
    return scratch_.Run(argv, std::move(env));
  }

  // `lines` follow the usual ones; a flag of the conf can be set once more: the last one wins.
  std::string WriteConf(const std::string& lines = "") {
    return scratch_.WriteFile("conf",
                              "--oss_endpoint=" + server_->endpoint() +
                                  "\n--oss_bucket=demo\n--oss_access_key_id=AK\n"
                                  "--oss_access_key_secret=SK\n--log_dir=" +
                                  (scratch_ / "log") + "\n" + lines,
                              0644);
  }

  FuseScratch::Outcome Ossfs2(const std::string& lines = "",
                              const std::vector<std::string>& flags = {},
                              std::vector<std::string> env = {}) {
    std::vector<std::string> argv{"ossfs2", "mount", target_, "-c", WriteConf(lines)};
    argv.insert(argv.end(), flags.begin(), flags.end());
    return scratch_.Run(argv, std::move(env));
  }

  std::string Ossfs2Log() { return ReadText(scratch_ / "log/root/ossfs2.log"); }

  bool Unmount() {
    if (scratch_.Run({"/bin/umount", target_}).exit_code != 0) return false;
    return Eventually(
        [&] { return FindProcess("ossfs", target_) < 0 && FindProcess("ossfs2", target_) < 0; });
  }

  FuseScratch scratch_;
  std::unique_ptr<OssProcess> server_;
  std::string target_;
  std::string passwd_;
};

TEST_F(StandinTest, SayTheirVersionsAsTheRealOnes) {
  const auto one = scratch_.Run({"ossfs", "--version"});
  EXPECT_EQ(one.exit_code, 0);
  EXPECT_THAT(one.out, HasSubstr("File System V1.91.10 ("));
  const auto two = scratch_.Run({"ossfs2", "--version"});
  EXPECT_EQ(two.exit_code, 0);
  EXPECT_THAT(two.out, HasSubstr("Version ID: 2.0.7"));
  EXPECT_EQ(scratch_.Run({"ossfs2"}).exit_code, 255);
  EXPECT_EQ(scratch_.Run({"ossfs2", "mount", "--help"}).exit_code, 0);
}

// Every operation that both versions allow; $BIG is a path outside of the mount.
constexpr const char* kCommonOperations = R"sh(
  mkdir -p a/b; echo one > a/f; echo two >> a/f; test "$(tr '\n' ' ' < a/f)" = "one two "
  mv a/f a/g; test -f a/g; test ! -e a/f; mv a c; test -f c/g; test -d c/b; test ! -e a
  head -c 30000000 /dev/urandom > "$BIG"; cp "$BIG" big; cmp "$BIG" big
  mv big big2; cmp "$BIG" big2; rm big2 "$BIG"
  for i in $(seq 50); do echo $i > n$i; done; test "$(ls | grep -c ^n)" = 50
  echo x > "a b&<>=,#"; test "$(cat "a b&<>=,#")" = x; ls | grep -q '^a b&<>=,#$'
  rm -rf ./*; test -z "$(ls -A)"
)sh";

constexpr const char* kOssfs1Operations = R"sh(
  echo 12345 > f; chmod 640 f; test "$(stat -c %a f)" = 640; ln -s f l; test "$(readlink l)" = f
  truncate -s 3 f; test "$(cat f)" = 123
  printf X | dd of=f bs=1 seek=1 conv=notrunc status=none; test "$(cat f)" = 1X3; rm l
)sh";

constexpr const char* kOssfs2Operations = R"sh(
  no() { if "$@" 2>/dev/null; then echo "worked: $*" >&2; exit 9; fi; }
  echo 12345 > f; chmod 600 f; chown 7:7 f; test "$(stat -c '%a %u' f)" = "777 0"
  no truncate -s 3 f; no ln -s f l; no ln f h
  no dd if=/dev/zero of=f bs=1 count=1 seek=1 conv=notrunc status=none; test "$(cat f)" = 12345
  truncate -s 0 f; test ! -s f; echo 6 > f
  setpriv --reuid 1000 --regid 1000 --clear-groups sh -c 'echo u > u; cat f u'
)sh";

TEST_F(StandinTest, Ossfs1ServesFilesAndLooksLikeItself) {
  const auto mounted = Ossfs("demo:/train", {"allow_other"});
  ASSERT_EQ(mounted.exit_code, 0) << mounted.err;
  const auto row = scratch_.FindMount(target_);
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->type, "fuse.ossfs");
  EXPECT_EQ(row->source, "ossfs");
  EXPECT_EQ(row->options, "rw,user_id=0,group_id=0,allow_other");

  const pid_t pid = FindProcess("ossfs", target_);
  ASSERT_GT(pid, 0);
  EXPECT_EQ(::getsid(pid), pid);
  EXPECT_THAT(CommandLineOf(pid),
              ElementsAre("ossfs", "demo", "/train", target_, "-o", "url=" + server_->endpoint(),
                          "-o", "passwd_file=" + passwd_, "-o", "allow_other"));
  EXPECT_THAT(ReadText("/proc/" + std::to_string(pid) + "/environ"),
              ::testing::Not(HasSubstr("SK")));

  const std::string big = "BIG=" + (scratch_ / "big") + ";";
  const auto worked = scratch_.Shell(big + kCommonOperations + kOssfs1Operations, target_);
  EXPECT_EQ(worked.exit_code, 0) << worked.err;
  EXPECT_EQ(server_->Call("GET", "demo", "train/f")->body, "1X3");
  EXPECT_TRUE(Unmount());
  EXPECT_THAT(scratch_.Mounts(), IsEmpty());
}

TEST_F(StandinTest, Ossfs2ServesFilesAndLooksLikeItself) {
  const auto mounted = Ossfs2("--oss_bucket_prefix=train/\n");
  ASSERT_EQ(mounted.exit_code, 0) << mounted.err << Ossfs2Log();
  const auto row = scratch_.FindMount(target_);
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->type, "fuse.ossfs2");
  EXPECT_EQ(row->source, "ossfs2");
  EXPECT_EQ(row->options, "rw,user_id=0,group_id=0,default_permissions,allow_other");
  const pid_t pid = FindProcess("ossfs2", target_);
  ASSERT_GT(pid, 0);
  EXPECT_EQ(::getsid(pid), pid);
  EXPECT_THAT(CommandLineOf(pid), ElementsAre("ossfs2", "mount", target_, "-c", scratch_ / "conf"));

  const std::string big = "BIG=" + (scratch_ / "big") + ";";
  const auto worked = scratch_.Shell(big + kCommonOperations + kOssfs2Operations, target_);
  EXPECT_EQ(worked.exit_code, 0) << worked.err;
  EXPECT_EQ(server_->Call("GET", "demo", "train/u")->body, "u\n");
  EXPECT_TRUE(Unmount());
}

// The S3 dialect of the server, with the signature that the stand-ins do not use.
TEST_F(StandinTest, PlainS3fsWorksWithAwsV4) {
  ASSERT_EQ(server_->Call("PUT", "demo", "p/seen", "", "from OSS")->status, 200);
  const auto mounted =
      scratch_.Run({"/usr/bin/s3fs", "demo:/p", target_, "-o", "sigv4,use_path_request_style", "-o",
                    "url=" + server_->endpoint(), "-o", "passwd_file=" + passwd_});
  ASSERT_EQ(mounted.exit_code, 0) << mounted.err;
  ASSERT_TRUE(Eventually([&] { return scratch_.FindMount(target_).has_value(); }));
  EXPECT_EQ(ReadText(target_ + "/seen"), "from OSS");
  const std::string big = "BIG=" + (scratch_ / "big") + ";";
  const auto worked = scratch_.Shell(big + kCommonOperations + kOssfs1Operations, target_);
  EXPECT_EQ(worked.exit_code, 0) << worked.err;
}

TEST_F(StandinTest, BothShowTheSameObjects) {
  ASSERT_EQ(server_->Call("PUT", "demo", "train/f", "", "from OSS")->status, 200);
  ASSERT_EQ(Ossfs("demo:/train").exit_code, 0);
  EXPECT_EQ(ReadText(target_ + "/f"), "from OSS");
  ASSERT_TRUE(Unmount());
  ASSERT_EQ(Ossfs2("--oss_bucket_prefix=/train\n--oss_region=cn-hangzhou\n").exit_code, 0);
  EXPECT_EQ(ReadText(target_ + "/f"), "from OSS");
  EXPECT_TRUE(Unmount());
}

TEST_F(StandinTest, AMissingPrefixIsAnEmptyDirectoryAndStacksWhenMountedTwice) {
  for (int round = 0; round < 2; ++round) ASSERT_EQ(Ossfs("demo:/none").exit_code, 0);
  for (int round = 0; round < 2; ++round) {
    ASSERT_EQ(Ossfs2("--oss_bucket_prefix=none/\n").exit_code, 0) << Ossfs2Log();
  }
  EXPECT_EQ(scratch_.Mounts().size(), 4U);
  EXPECT_THAT(server_->Call("GET", "demo", "")->body, ::testing::Not(HasSubstr("<Key>")));
}

TEST_F(StandinTest, Ossfs1RefusesBeforeItForks) {
  struct Case {
    const char* name;
    std::string source;
    std::string passwd;
    mode_t mode;
    std::vector<std::string> options;
    std::string message;
  };
  const std::vector<Case> cases{
      {"a wrong secret", "demo", "demo:AK:no", 0600, {}, "Invalid Credentials(host="},
      {"an unknown key", "demo", "demo:NO:SK", 0600, {}, "Invalid Credentials(host="},
      {"no right on the bucket", "demo", "demo:TRAIN:ST", 0600, {}, "Invalid Credentials(host="},
      {"a missing bucket", "nobody", "nobody:AK:SK", 0600, {}, "Bucket not found("},
      {"a bucket without keys", "nobody", "demo:AK:SK", 0600, {}, "Not found access key"},
      {"readable by the group", "demo", "demo:AK:SK", 0640, {}, "group permissions"},
      {"readable by others", "demo", "demo:AK:SK", 0644, {}, "others permissions"},
      {"executable", "demo", "demo:AK:SK", 0700, {}, "executable permissions"},
      {"an unknown option", "demo", "demo:AK:SK", 0600, {"bogus"}, "unknown option `bogus'"},
      {"no tries", "demo", "demo:AK:SK", 0600, {"retries=0"}, "greater than zero"},
      {"a wrong region", "demo", "demo:AK:SK", 0600, {"sigv4,region=x"}, "Invalid Credentials("},
  };
  for (const Case& refused : cases) {
    SCOPED_TRACE(refused.name);
    passwd_ = scratch_.WriteFile("passwd", refused.passwd, refused.mode);
    const auto outcome = Ossfs(refused.source, refused.options);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr(refused.message));
    EXPECT_THAT(scratch_.Mounts(), IsEmpty());
  }
}

TEST_F(StandinTest, Ossfs1TakesEveryFormOfCredentials) {
  passwd_ = scratch_.WriteFile("passwd", "# comment\r\n\r\nother:NO:NO\r\ndemo:AK:SK\r\n", 0400);
  ASSERT_EQ(Ossfs("demo").exit_code, 0);
  ASSERT_TRUE(Unmount());
  passwd_ = scratch_.WriteFile("passwd2", "AK:SK", 0600);
  ASSERT_EQ(Ossfs("demo", {"sigv4,region=cn-hangzhou"}).exit_code, 0);
  ASSERT_TRUE(Unmount());
  const auto environment = scratch_.Run({"ossfs", "demo", target_, "-ourl=" + server_->endpoint()},
                                        {"OSSACCESSKEYID=AK", "OSSSECRETACCESSKEY=SK"});
  EXPECT_EQ(environment.exit_code, 0) << environment.err;
  ASSERT_TRUE(Unmount());
  const auto none = scratch_.Run({"ossfs", "demo", target_, "-ourl=" + server_->endpoint()});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, HasSubstr("Could not determine how to establish security credentials"));
}

TEST_F(StandinTest, Ossfs2RefusesWithErrnoAndWritesTheCauseToItsLogOnly) {
  struct Case {
    const char* name;
    std::string lines;
    int exit_code;
    std::string logged;
  };
  const std::vector<Case> cases{
      {"a wrong secret", "--oss_access_key_secret=no", kDenied, "Code[SignatureDoesNotMatch]"},
      {"an unknown key", "--oss_access_key_id=NO", kDenied, "Code[InvalidAccessKeyId]"},
      {"a wrong region", "--oss_region=x", kDenied, "failed with error -13"},
      {"a missing bucket", "--oss_bucket=nobody", kNoBucket, "Code[NoSuchBucket]"},
      {"nothing listens", "--oss_endpoint=http://127.0.0.1:1", kIoError, "failed with error -5"},
      {"https to a plain server", "--oss_endpoint=127.0.0.1:" + std::to_string(server_->port()),
       kIoError, "failed with error -5"},
  };
  for (const Case& refused : cases) {
    SCOPED_TRACE(refused.name);
    const auto outcome = Ossfs2(refused.lines + "\n");
    EXPECT_EQ(outcome.exit_code, refused.exit_code);
    EXPECT_THAT(outcome.err, HasSubstr("see more details in log dir: " + (scratch_ / "log/root")));
    EXPECT_THAT(outcome.err, ::testing::Not(HasSubstr("Code[")));
    EXPECT_THAT(Ossfs2Log(), HasSubstr(refused.logged));
    EXPECT_THAT(scratch_.Mounts(), IsEmpty());
  }
}

TEST_F(StandinTest, Ossfs2ReadsItsConfAsAFlagfile) {
  struct Case {
    const char* name;
    std::string lines;
    std::vector<std::string> flags;
    int exit_code;
  };
  const std::vector<Case> cases{
      {"an unknown name in the conf is ignored", "--bogus=1\n-ro=false", {}, 0},
      {"an unknown flag of the command line is not", "", {"--bogus=1"}, 1},
      {"comments, blanks and CRLF", "# c\r\n\r\n  --ro=true  \r\n", {}, 0},
      {"a line without a dash turns off what follows", "foo\n--oss_bucket=nobody", {}, 0},
      {"quotes are part of the value", "--oss_bucket=\"demo\"", {}, kNoBucket},
      {"a bad number", "--attr_timeout=abc", {}, 1},
      {"a bad switch", "--ro=perhaps", {}, 1},
      {"out of range", "--fuse_threads=0", {}, 1},
      {"a mode with three digits", "--dir_mode=755", {}, 1},
      {"the command line wins", "--oss_bucket=nobody", {"--oss_bucket=demo"}, 0},
      {"an empty bucket", "--oss_bucket=", {}, 1},
      {"a relative log_dir", "", {"--log_dir=log"}, 255},
      {"a log_dir in the mountpoint", "", {"--log_dir=" + target_ + "/log"}, 255},
      {"a log_dir without parent", "", {"--log_dir=" + (scratch_ / "no/such")}, 255},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    EXPECT_EQ(Ossfs2(test.lines, test.flags).exit_code, test.exit_code);
    if (test.exit_code == 0) EXPECT_TRUE(Unmount());
  }
  const std::string first = ReadText(WriteConf());
  const std::string section = scratch_.WriteFile("section", "[ossfs2]\n" + first, 0600);
  EXPECT_EQ(scratch_.Run({"ossfs2", "mount", target_, "-c", section}).exit_code, 1);
}

TEST_F(StandinTest, BothJudgeTheMountpoint) {
  const std::string file = scratch_.WriteFile("file", "x", 0600);
  const std::string good = target_;
  for (const std::string& bad : {scratch_ / "missing", file}) {
    target_ = bad;
    EXPECT_EQ(Ossfs("demo").exit_code, 1);
    EXPECT_EQ(Ossfs2().exit_code, 105);
  }
  target_ = good;
  scratch_.WriteFile("mnt/occupied", "x", 0600);
  EXPECT_EQ(Ossfs("demo").exit_code, 1);
  EXPECT_EQ(Ossfs2().exit_code, 255);
  EXPECT_EQ(Ossfs2("--nonempty=true\n").exit_code, 0);
  ASSERT_TRUE(Unmount());
  EXPECT_EQ(Ossfs("demo", {"nonempty"}).exit_code, 0);
  ASSERT_TRUE(Unmount());
  EXPECT_EQ(scratch_.Run({"ossfs2", "mount", target_, "-c", scratch_ / "none"}).exit_code, 105);
  EXPECT_EQ(scratch_.Run({"ossfs2", "mount"}).exit_code, 106);
}

TEST_F(StandinTest, BothHonourTimeouts) {
  ASSERT_THAT(server_->Fault(R"({"action":"hang"})"), IsOk());
  EXPECT_EQ(Ossfs2("--oss_request_timeout_ms=1000\n").exit_code, kTimedOut);
  const auto one = Ossfs("demo", {"connect_timeout=1,readwrite_timeout=1,retries=1"});
  EXPECT_EQ(one.exit_code, 1);
  EXPECT_THAT(one.err, HasSubstr("Unable to connect("));
}

TEST_F(StandinTest, ATermSignalUnmounts) {
  ASSERT_EQ(Ossfs("demo").exit_code, 0);
  // The server must have answered once: a signal during start-up is another story.
  ASSERT_EQ(scratch_.Run({"/bin/ls", target_}).exit_code, 0);
  ::kill(FindProcess("ossfs", target_), SIGTERM);
  EXPECT_TRUE(Eventually([&] { return scratch_.Mounts().empty(); }));
}

TEST_F(StandinTest, AKilledServerLeavesADeadMountThatNeitherMountsOver) {
  ASSERT_EQ(Ossfs2().exit_code, 0);
  const pid_t pid = FindProcess("ossfs2", target_);
  ASSERT_GT(pid, 0);
  ::kill(pid, SIGKILL);
  EXPECT_TRUE(Eventually([&] { return IsDead(target_); }));
  EXPECT_EQ(Ossfs2().exit_code, 105);
  EXPECT_EQ(Ossfs("demo").exit_code, 1);
}

TEST_F(StandinTest, OrderedFaultsHappen) {
  EXPECT_EQ(Ossfs2("", {}, {"OSSFS_STANDIN_FAULT=exit0-no-mount"}).exit_code, 0);
  EXPECT_EQ(Ossfs("demo", {}, {"OSSFS_STANDIN_FAULT=exit0-no-mount"}).exit_code, 0);
  EXPECT_THAT(scratch_.Mounts(), IsEmpty());
  EXPECT_EQ(Ossfs2("", {}, {"OSSFS_STANDIN_FAULT=die-after-mount"}).exit_code, 0);
  EXPECT_TRUE(Eventually([&] { return IsDead(target_); }));
}

TEST_F(StandinTest, AHungChildOutlivesTheGroupOfItsParent) {
  const auto hung = scratch_.Run({"ossfs2", "mount", target_, "-c", WriteConf()},
                                 {"OSSFS_STANDIN_FAULT=hang-child"}, std::chrono::seconds(1));
  EXPECT_EQ(hung.exit_code, -1);
  const pid_t child = FindProcess("ossfs2", target_);
  ASSERT_GT(child, 0);
  EXPECT_EQ(::getsid(child), child);
  ::kill(child, SIGKILL);
}

TEST_F(StandinTest, TwentyMountsAtOnce) {
  constexpr int kMounts = 20;
  const std::string conf = WriteConf();
  const auto all = scratch_.Shell(
      "for i in $(seq " + std::to_string(kMounts) + "); do mkdir t$i; " + StandinDirectory() +
          "/ossfs2 mount t$i -c " + conf + " & done; wait; for i in $(seq " +
          std::to_string(kMounts) + "); do echo $i > t$i/f$i; done; ls t1 | wc -l",
      scratch_.MakeDirectory("many"));
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_EQ(all.out, std::to_string(kMounts) + "\n");
  EXPECT_EQ(scratch_.Mounts().size(), static_cast<std::size_t>(kMounts));
}

}  // namespace
}  // namespace osbx::fakes
