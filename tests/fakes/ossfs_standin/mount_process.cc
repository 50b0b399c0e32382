// SPDX-License-Identifier: Apache-2.0
#include "fakes/ossfs_standin/mount_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

namespace osbx::fakes {
namespace {

constexpr const char* kS3fs = "/usr/bin/s3fs";
constexpr const char* kPreload = "libossfs_personality.so";
constexpr char kArgumentSeparator = '\x1f';
constexpr std::chrono::milliseconds kMountPoll{2};

std::string OwnDirectory() {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  const std::string text(path.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return text.substr(0, text.rfind('/'));
}

std::string Unescape(const std::string& field) {  // "\040" is a space
  std::string out;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\' && i + 3 < field.size()) {
      out += static_cast<char>(std::stoi(field.substr(i + 1, 3), nullptr, 8));
      i += 3;
    } else {
      out += field[i];
    }
  }
  return out;
}

std::vector<std::string> S3fsArguments(const S3fsLaunch& launch, int passwd_fd) {
  std::vector<std::string> arguments{
      launch.program,
      launch.bucket + (launch.prefix.empty() ? "" : ":/" + launch.prefix),
      launch.mountpoint,
      "-f",
      "-o",
      "url=" + launch.url,
      "-o",
      "passwd_file=/proc/self/fd/" + std::to_string(passwd_fd),
      "-o",
      "sigv2",
      "-o",
      "nonempty"};
  if (launch.path_style) arguments.insert(arguments.end(), {"-o", "use_path_request_style"});
  for (const auto& option : launch.options) arguments.insert(arguments.end(), {"-o", option});
  return arguments;
}

void SetEnvironment(const S3fsLaunch& launch, const std::vector<std::string>& arguments) {
  std::string joined;
  for (const auto& argument : arguments) {
    if (!joined.empty()) joined += kArgumentSeparator;
    joined += argument;
  }
  ::setenv("OSSFS_STANDIN_ARGUMENTS", joined.c_str(), 1);
  ::setenv("OSSFS_STANDIN_OPERATIONS", launch.program.c_str(), 1);
  if (launch.allow_symlink) ::setenv("OSSFS_STANDIN_SYMLINK", "1", 1);
  if (launch.foreground) ::setenv("OSSFS_STANDIN_FOREGROUND", "1", 1);
  if (!launch.proxy.empty()) ::setenv("http_proxy", launch.proxy.c_str(), 1);
  ::setenv("LD_PRELOAD", (OwnDirectory() + "/" + kPreload).c_str(), 1);
}

void MoveStdioAway(int stderr_fd) {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ::dup2(null.Get(), STDIN_FILENO);
  ::dup2(null.Get(), STDOUT_FILENO);
  ::dup2(stderr_fd, STDERR_FILENO);
}

}  // namespace

MountpointFacts InspectMountpoint(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {MountpointState::kMissing, errno};
  if (!S_ISDIR(status.st_mode)) return {MountpointState::kNotDirectory, ENOTDIR};
  const std::unique_ptr<DIR, decltype(&::closedir)> directory(::opendir(path.c_str()), &::closedir);
  if (!directory) return {MountpointState::kUnreadable, errno};
  while (const dirent* entry = ::readdir(directory.get())) {
    if (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0) {
      return {MountpointState::kNotEmpty, ENOTEMPTY};
    }
  }
  return {};
}

std::string AbsolutePath(const std::string& path) {
  std::array<char, PATH_MAX> resolved{};
  return ::realpath(path.c_str(), resolved.data()) != nullptr ? resolved.data() : path;
}

int CountMounts(const std::string& mountpoint) {
  std::ifstream mountinfo("/proc/self/mountinfo");
  std::string line;
  int count = 0;
  while (std::getline(mountinfo, line)) {
    std::istringstream fields(line);
    std::string field;
    for (int i = 0; i < 5; ++i) fields >> field;
    if (Unescape(field) == mountpoint) ++count;
  }
  return count;
}

UniqueFd NewMemoryFile(const char* name, const std::string& text) {
  UniqueFd fd(::memfd_create(name, 0));  // inherited by the server
  if (!fd) return fd;
  ::fchmod(fd.Get(), 0600);
  const bool written =
      ::write(fd.Get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  return written ? std::move(fd) : UniqueFd();
}

int BecomeServer(const S3fsLaunch& launch, int stderr_fd) {
  const UniqueFd passwd =
      NewMemoryFile("passwd", launch.bucket + ":" + launch.key_id + ":" + launch.secret + "\n");
  if (!passwd) return errno;
  if (!launch.foreground) MoveStdioAway(stderr_fd);
  const unsigned int first_free = STDERR_FILENO + 1;
  const auto kept = static_cast<unsigned int>(passwd.Get());
  if (kept > first_free) ::close_range(first_free, kept - 1, 0);
  ::close_range(kept + 1, UINT_MAX, 0);
  if (::chdir("/") != 0) return errno;
  SetEnvironment(launch, S3fsArguments(launch, passwd.Get()));

  std::vector<std::string> title = launch.title;
  std::vector<char*> argv;
  argv.reserve(title.size() + 1);
  for (auto& argument : title) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::execv(kS3fs, argv.data());
  return errno;
}

MountReport AwaitMount(const std::string& mountpoint, int mounts_before, pid_t server,
                       int stderr_fd) {
  while (CountMounts(mountpoint) <= mounts_before) {
    int status = 0;
    if (::waitpid(server, &status, WNOHANG) == server) {
      std::array<char, 2048> text{};
      const ssize_t size = ::pread(stderr_fd, text.data(), text.size(), 0);
      return {MountOutcome::kServerDied,
              std::string(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0)};
    }
    std::this_thread::sleep_for(kMountPoll);
  }
  return {};
}

std::string OrderedFault() {
  const char* fault = std::getenv("OSSFS_STANDIN_FAULT");
  return fault == nullptr ? std::string() : fault;
}

void HangForever() {
  while (true) ::pause();
}

}  // namespace osbx::fakes
