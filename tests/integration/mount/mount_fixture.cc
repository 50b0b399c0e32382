// SPDX-License-Identifier: Apache-2.0
#include "integration/mount/mount_fixture.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "base/atomic_file.h"
#include "base/ids.h"
#include "base/subprocess.h"
#include "drivers/mount/placement.h"
#include "drivers/mount/process_table.h"
#include "drivers/mount/programs.h"
#include "fakes/matchers.h"

namespace osbx::mount {
namespace {

std::string Missing() {
  if (::geteuid() != 0) return "root";
  struct stat info {};
  if (::stat("/dev/fuse", &info) != 0) return "/dev/fuse";
  if (!FindProgram("s3fs", SearchPathFromEnvironment())) return "s3fs";
  return "";
}

int RunProgram(std::vector<std::string> argv) {
  SubprocessOptions options;
  options.argv = std::move(argv);
  options.env = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  options.timeout = std::chrono::seconds(60);
  const auto ran = RunSubprocess(options);
  return ran && ran->status.signal == 0 ? ran->status.exit_code : -1;
}

bool IsEmptyDirectory(const std::string& path) {
  std::error_code error;
  return !std::filesystem::exists(path, error) || std::filesystem::is_empty(path, error);
}

}  // namespace

void MountFixture::SetUp() {
  if (const std::string missing = Missing(); !missing.empty()) {
    if (std::getenv("CI") != nullptr) FAIL() << "needs " << missing;
    GTEST_SKIP() << "needs " << missing;
  }
  std::filesystem::permissions(directory_.Path(), std::filesystem::perms(0755));  // for RunAsUser
  auto server =
      fakes::OssProcess::Start({.credentials = std::string(R"({"AK":{"secret":"SK"},")") + kKeyId +
                                               R"(":{"secret":")" + kKeySecret + R"("}})",
                                .buckets = {"demo"},
                                .region = ""});
  ASSERT_THAT(server, fakes::IsOk());
  server_ = *std::move(server);
}

void MountFixture::TearDown() {
  auto table = MountTable::Read();
  if (!table) return;
  const std::vector<MountInfoRow> rows = table->Below(directory_.Path().string());
  for (auto row = rows.rbegin(); row != rows.rend(); ++row)
    ::umount2(row->target.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
  for (const MarkedProcess& process : FindMarked(Marker())) Kill(OpenProcess(process.pid, 0));
  if (std::filesystem::exists(Root())) RunProgram({"/usr/bin/chattr", "-R", "-f", "-i", Root()});
}

std::string MountFixture::Marker() const {
  return "OSBX_MOUNT=" + Sha256Hex(Root()).substr(0, 12) + ":";
}

MounterOptions MountFixture::Options() const {
  MounterOptions options;
  options.mount_root = Root();
  options.run_dir = directory_ / "run";
  options.state_dir = directory_ / "state";
  options.helper = OSBX_BINARY_DIR "/bin/osbx-fuse-helper";
  options.search_path = {fakes::StandinDirectory()};
  return options;
}

MounterOptions MountFixture::Faulty(const std::string& fault) const {
  MounterOptions options = Options();
  options.environment = DefaultServerEnvironment();
  options.environment.push_back("OSSFS_STANDIN_FAULT=" + fault);
  return options;
}

Mounter MountFixture::OpenWith(MounterOptions options) {
  auto mounter = Mounter::Open(std::move(options));
  if (!mounter) throw std::runtime_error(mounter.error().ToString());
  return *std::move(mounter);
}

MountSpec MountFixture::Spec(const std::string& version, const std::string& prefix,
                             std::vector<std::string> options) const {
  MountSpec spec;
  spec.identity =
      MakeIdentity({version, server_->endpoint(), "demo", prefix, std::move(options)}, "f00");
  spec.target = ChooseTarget(Root(), spec.identity, {});
  return spec;
}

Credentials MountFixture::Keys(const std::string& secret) {
  return {Secret(kKeyId), Secret(secret), Secret()};
}

std::string MountFixture::Leftovers() const {
  std::string left;
  const auto inventory = Open().InspectAll();
  if (!inventory) return inventory.error().ToString();
  for (const auto& row : inventory->mounts) left += "mount " + row.target + "\n";
  for (const auto& server : inventory->servers)
    left += "process " + std::to_string(server.pid) + " " + server.command + "\n";
  if (!IsEmptyDirectory(Root())) left += "directories below the root\n";
  if (!IsEmptyDirectory(directory_ / "run/creds")) left += "credential files\n";
  const std::string group = "osbx-" + Sha256Hex(Root()).substr(0, 12);
  for (const char* base : {"/sys/fs/cgroup/", "/sys/fs/cgroup/unified/", "/sys/fs/cgroup/pids/"})
    if (std::filesystem::exists(base + group)) left += "control group " + group + "\n";
  return left;
}

int RunAsUser(const std::string& script) {
  return RunProgram({"/usr/bin/setpriv", "--reuid=1000", "--regid=1000", "--clear-groups",
                     "/bin/sh", "-c", script});
}

int RunAsRoot(const std::string& script) {
  return RunProgram({"/bin/sh", "-c", script});
}

std::string ReadText(const std::string& path) {
  return ReadFile(path).value_or("(unreadable)");
}

int WriteText(const std::string& path, const std::string& text) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) return errno;
  return ::write(fd.Get(), text.data(), text.size()) < 0 ? errno : 0;
}

}  // namespace osbx::mount
