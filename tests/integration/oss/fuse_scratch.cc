// SPDX-License-Identifier: Apache-2.0
#include "integration/oss/fuse_scratch.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "fakes/oss_process.h"

namespace osbx::fakes {
namespace {

std::string ReadText(const std::string& path) {
  std::ifstream input(path);
  return {std::istreambuf_iterator<char>(input), {}};
}

}  // namespace

std::string MissingForFuse() {
  if (::geteuid() != 0) return "root";
  if (::access("/dev/fuse", R_OK | W_OK) != 0) return "/dev/fuse";
  if (::access("/usr/bin/s3fs", X_OK) != 0) return "s3fs";
  return {};
}

FuseScratch::~FuseScratch() {
  for (int round = 0; round < 10 && !Mounts().empty(); ++round) {
    for (const MountRow& row : Mounts()) {
      ::umount2(row.mountpoint.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
    }
  }
}

std::string FuseScratch::MakeDirectory(const std::string& name) const {
  std::string path = directory_ / name;
  ::mkdir(path.c_str(), 0755);
  return path;
}

std::string FuseScratch::WriteFile(const std::string& name, const std::string& text,
                                   mode_t mode) const {
  std::string path = directory_ / name;
  std::ofstream(path, std::ios::trunc) << text;
  ::chmod(path.c_str(), mode);
  return path;
}

FuseScratch::Outcome FuseScratch::Run(std::vector<std::string> argv, std::vector<std::string> env,
                                      std::chrono::milliseconds timeout) const {
  const std::string path = StandinDirectory() + ":/usr/bin:/bin:/usr/sbin:/sbin";
  SubprocessOptions options;
  const auto program = FindProgram(argv[0], {StandinDirectory(), "/usr/bin", "/bin"});
  if (!program.has_value()) return {};
  options.argv = std::move(argv);
  options.argv[0] = *program;
  options.env = std::move(env);
  options.env.push_back("PATH=" + path);
  options.timeout = timeout;
  const auto result = RunSubprocess(options);
  if (!result.has_value()) return {};
  const int code =
      result->status.signal != 0 ? 128 + result->status.signal : result->status.exit_code;
  return {code, result->out, result->err};
}

FuseScratch::Outcome FuseScratch::Shell(const std::string& script,
                                        const std::string& working_dir) const {
  return Run({"/bin/bash", "-euc", "cd \"$0\"; " + script, working_dir});
}

std::vector<MountRow> FuseScratch::Mounts() const {
  std::vector<MountRow> rows;
  std::ifstream mountinfo("/proc/self/mountinfo");
  std::string line;
  while (std::getline(mountinfo, line)) {
    std::istringstream fields(line);
    std::string skipped;
    MountRow row;
    fields >> skipped >> skipped >> skipped >> skipped >> row.mountpoint;
    if (!row.mountpoint.starts_with(directory_.Path().string() + "/")) continue;
    while (fields >> skipped && skipped != "-") continue;
    fields >> row.type >> row.source >> row.options;
    rows.push_back(std::move(row));
  }
  std::reverse(rows.begin(), rows.end());  // the newest first
  return rows;
}

std::optional<MountRow> FuseScratch::FindMount(const std::string& mountpoint) const {
  for (const MountRow& row : Mounts()) {
    if (row.mountpoint == mountpoint) return row;
  }
  return std::nullopt;
}

pid_t FindProcess(const std::string& comm, const std::string& argument) {
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", problem)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (ReadText(entry.path().string() + "/comm") != comm + "\n") continue;
    const pid_t pid = std::stoi(name);
    const auto arguments = CommandLineOf(pid);  // empty for a zombie
    if (std::find(arguments.begin(), arguments.end(), argument) != arguments.end()) return pid;
  }
  return -1;
}

std::vector<std::string> CommandLineOf(pid_t pid) {
  std::vector<std::string> arguments;
  std::istringstream text(ReadText("/proc/" + std::to_string(pid) + "/cmdline"));
  std::string argument;
  while (std::getline(text, argument, '\0')) arguments.push_back(argument);
  return arguments;
}

}  // namespace osbx::fakes
