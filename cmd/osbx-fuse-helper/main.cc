// SPDX-License-Identifier: Apache-2.0
// The disposable half of the mount driver: whatever may block in a FUSE file system is done by this
// program, so that its parent only ever waits on a pidfd with a deadline. It has no state and may
// be killed at any point. Exit code: 0, or the errno of what failed; 255 for wrong usage; `launch`
// becomes the program it starts.
//   launch --output FILE [--cgroup DIR] --program PATH -- ARGV0 [ARG]…
//   probe PATH [--list]
//   umount PATH [--lazy]
//   graft PID START_TIME SOURCE INSIDE [--read-only]
#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "graft.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): not every libc declares it

namespace {

constexpr int kUsage = 255;

int Usage() {
  std::fputs(
      "usage: osbx-fuse-helper launch --output FILE [--cgroup DIR] --program PATH -- ARGV0 "
      "[ARG]...\n"
      "       osbx-fuse-helper probe PATH [--list]\n"
      "       osbx-fuse-helper umount PATH [--lazy]\n"
      "       osbx-fuse-helper graft PID START_TIME SOURCE INSIDE [--read-only]\n",
      stderr);
  return kUsage;
}

bool Is(const char* argument, const char* word) {
  return argument != nullptr && std::strcmp(argument, word) == 0;
}

struct Launch {
  const char* output = nullptr;
  const char* cgroup = nullptr;
  const char* program = nullptr;
  char** argv = nullptr;
};

bool ParseLaunch(char** arguments, Launch& launch) {
  for (; *arguments != nullptr; arguments += 2) {
    if (Is(*arguments, "--")) {
      launch.argv = arguments + 1;
      return launch.output != nullptr && launch.program != nullptr && *launch.argv != nullptr;
    }
    const char** slot = Is(*arguments, "--output")    ? &launch.output
                        : Is(*arguments, "--cgroup")  ? &launch.cgroup
                        : Is(*arguments, "--program") ? &launch.program
                                                      : nullptr;
    if (slot == nullptr || arguments[1] == nullptr) return false;
    *slot = arguments[1];
  }
  return false;
}

// "0" in cgroup.procs is the writer itself. Without a cgroup the program still runs.
void JoinCgroup(const char* directory) {
  const int dir = ::open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  const int procs = dir < 0 ? -1 : ::openat(dir, "cgroup.procs", O_WRONLY | O_CLOEXEC);
  if (procs < 0 || ::write(procs, "0", 1) != 1)
    std::fprintf(stderr, "osbx-fuse-helper: cgroup %s: errno %d\n", directory, errno);
}

int RunLaunch(const Launch& launch) {
  ::setsid();  // fails only when this is a session's leader already
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const int output =
      ::open(launch.output, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (null < 0 || output < 0) return errno;
  ::dup2(null, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  if (launch.cgroup != nullptr) JoinCgroup(launch.cgroup);
  // A daemon must not pin a directory, nor inherit a descriptor or a mask.
  if (::chdir("/") != 0) return errno;
  ::umask(0022);
  ::syscall(SYS_close_range, 3U, ~0U, 0U);
  ::execve(launch.program, launch.argv, environ);
  const int failed = errno;
  std::fprintf(stderr, "osbx-fuse-helper: exec %s: errno %d\n", launch.program, failed);
  return failed;
}

// statvfs is answered by the FUSE server alone, so it tells a dead or stopped one; listing needs
// the object store too (neither a plain stat nor open(O_PATH) notices anything).
int RunProbe(const char* path, bool list) {
  struct statvfs info {};
  if (::statvfs(path, &info) != 0) return errno;
  if (!list) return 0;
  DIR* directory = ::opendir(path);
  if (directory == nullptr) return errno;
  errno = 0;
  const dirent* entry = ::readdir(directory);
  while (entry != nullptr && (Is(entry->d_name, ".") || Is(entry->d_name, "..")))
    entry = ::readdir(directory);
  const int failed = entry == nullptr ? errno : 0;
  ::closedir(directory);
  return failed;
}

int RunUmount(const char* path, bool lazy) {
  const int flags = UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0);
  return ::umount2(path, flags) == 0 ? 0 : errno;
}

// Whole and not negative; -1 otherwise.
long long Number(const char* text) {
  char* end = nullptr;
  const long long value = text == nullptr ? -1 : std::strtoll(text, &end, 10);
  return value >= 0 && end != text && *end == '\0' ? value : -1;
}

int ParseGraft(char** arguments, int count) {
  const bool read_only = count == 5 && Is(arguments[4], "--read-only");
  if (count != (read_only ? 5 : 4) || Number(arguments[0]) <= 0 || Number(arguments[1]) < 0)
    return Usage();
  const Graft graft{.pid = static_cast<int>(Number(arguments[0])),
                    .start_time = Number(arguments[1]),
                    .source = arguments[2],
                    .inside = arguments[3],
                    .read_only = read_only};
  return RunGraft(graft);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return Usage();
  if (Is(argv[1], "launch")) {
    Launch launch;
    return ParseLaunch(argv + 2, launch) ? RunLaunch(launch) : Usage();
  }
  if (Is(argv[1], "graft")) return ParseGraft(argv + 2, argc - 2);
  const char* flag = argv[3];  // null when argc is 3
  if (Is(argv[1], "probe") && (argc == 3 || (argc == 4 && Is(flag, "--list"))))
    return RunProbe(argv[2], argc == 4);
  if (Is(argv[1], "umount") && (argc == 3 || (argc == 4 && Is(flag, "--lazy"))))
    return RunUmount(argv[2], argc == 4);
  return Usage();
}
