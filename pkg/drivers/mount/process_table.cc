// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/process_table.h"

#include <dirent.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <set>

#include "base/atomic_file.h"
#include "drivers/mount/propagation.h"

namespace osbx::mount {
namespace {

constexpr std::size_t kMaxProcFile = 64UL * 1024 * 1024;

struct CloseDir {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDir>;

// Calls `visit` with each entry whose name is a number.
template <class Visit>
void ForEachNumber(const std::string& path, Visit visit) {
  const Directory directory(::opendir(path.c_str()));
  if (!directory) return;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this call's own
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    int number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size()) visit(number);
  }
}

std::string ProcPath(pid_t pid, std::string_view file) {
  return "/proc/" + std::to_string(pid) + "/" + std::string(file);
}

std::string ReadLink(const std::string& path) {
  std::array<char, PATH_MAX> text{};
  const ssize_t size = ::readlink(path.c_str(), text.data(), text.size());
  return size < 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(size));
}

bool IsBelow(std::string_view path, std::string_view root) {
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

bool SameDevice(const MountInfoRow& a, const MountInfoRow& b) {
  return a.device_major == b.device_major && a.device_minor == b.device_minor;
}

std::string CommandOf(pid_t pid) {
  const auto stat = ReadProcessStat(pid);
  return stat ? stat->command : std::string();
}

bool HoldsOpen(pid_t pid, const MountInfoRow& row) {
  for (const std::string_view link : {"cwd", "root", "exe"})
    if (IsBelow(ReadLink(ProcPath(pid, link)), row.target)) return true;
  bool holds = false;
  ForEachNumber(ProcPath(pid, "fd"), [&](int fd) {
    holds = holds || IsBelow(ReadLink(ProcPath(pid, "fd/" + std::to_string(fd))), row.target);
  });
  if (holds) return true;
  const auto maps = ReadFile(ProcPath(pid, "maps"), kMaxProcFile);
  return maps && maps->find(" " + row.target + "/") != std::string::npos;
}

}  // namespace

std::string BootId() {
  auto text = ReadFile("/proc/sys/kernel/random/boot_id");
  if (!text) return {};
  while (!text->empty() && text->back() == '\n') text->pop_back();
  return *std::move(text);
}

std::optional<ProcessStat> ReadProcessStat(pid_t pid) {
  const auto text = ReadFile(ProcPath(pid, "stat"));
  if (!text) return std::nullopt;
  // "pid (comm) state …": comm may itself hold blanks and parentheses.
  const auto open = text->find('(');
  const auto close = text->rfind(')');
  if (open == std::string::npos || close == std::string::npos || close + 2 >= text->size())
    return std::nullopt;
  ProcessStat stat;
  stat.command = text->substr(open + 1, close - open - 1);
  stat.state = (*text)[close + 2];
  constexpr int kStartTime = 22;  // proc_pid_stat(5); the state is field 3
  std::string_view rest = std::string_view(*text).substr(close + 2);
  for (int field = 3; field < kStartTime; ++field) {
    const auto blank = rest.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(blank + 1);
  }
  std::from_chars(rest.data(), rest.data() + rest.size(), stat.start_time);
  return stat;
}

std::vector<MarkedProcess> FindMarked(std::string_view marker) {
  const auto equals = marker.find('=');
  std::vector<MarkedProcess> found;
  ForEachNumber("/proc", [&](pid_t pid) {
    const auto environment = ReadFile(ProcPath(pid, "environ"));
    if (!environment) return;
    std::string_view rest = *environment;
    while (!rest.empty()) {
      const std::string_view one = rest.substr(0, rest.find('\0'));
      if (one.starts_with(marker)) {
        found.push_back({pid, std::string(one.substr(equals + 1))});
        return;
      }
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    }
  });
  return found;
}

FuseServing ReadFuseServing(pid_t pid) {
  constexpr std::string_view kKey = "fuse_connection:";
  FuseServing serving;
  ForEachNumber(ProcPath(pid, "fd"), [&](int fd) {
    const std::string number = std::to_string(fd);
    if (serving.connection != 0 || ReadLink(ProcPath(pid, "fd/" + number)) != "/dev/fuse") return;
    serving.device_open = true;
    const auto info = ReadFile(ProcPath(pid, "fdinfo/" + number));
    const auto at = info ? info->find(kKey) : std::string::npos;
    if (at == std::string::npos) return;
    const char* begin = info->data() + info->find_first_of("0123456789", at);
    std::from_chars(begin, info->data() + info->size(), serving.connection);
  });
  return serving;
}

UniqueFd OpenProcess(pid_t pid, std::int64_t start_time) {
  if (pid <= 0) return {};
  UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  const auto stat = ReadProcessStat(pid);
  if (!process || !stat || stat->Ended()) return {};
  if (start_time != 0 && stat->start_time != start_time) return {};
  return process;
}

bool WaitForEnd(const UniqueFd& process, std::chrono::milliseconds timeout) {
  if (!process) return true;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd fd{process.Get(), POLLIN, 0};
    const auto wait = std::clamp<std::int64_t>(left.count(), 0, INT_MAX);
    if (::poll(&fd, 1, static_cast<int>(wait)) > 0) return true;
    if (left.count() <= 0) return false;
  }
}

void Kill(const UniqueFd& process) {
  if (process) ::syscall(SYS_pidfd_send_signal, process.Get(), SIGKILL, nullptr, 0);
}

std::vector<Holder> FindBinds(const MountInfoRow& row, const MountTable& table) {
  std::vector<Holder> holders;
  for (const MountInfoRow& other : table.Rows())
    if (SameDevice(row, other) && other.mount_id != row.mount_id && other.target != row.target &&
        !UnmountedTogether({other, table}, {row, table}))
      holders.push_back({.path = other.target});

  std::set<std::string> seen{ReadLink("/proc/self/ns/mnt")};
  ForEachNumber("/proc", [&](pid_t pid) {
    const std::string mount_namespace = ReadLink(ProcPath(pid, "ns/mnt"));
    if (mount_namespace.empty() || !seen.insert(mount_namespace).second) return;
    const auto foreign = MountTable::Read(ProcPath(pid, "mountinfo"));
    if (!foreign) return;
    for (const MountInfoRow& other : foreign->Rows())
      if (SameDevice(row, other) && !UnmountedTogether({other, *foreign}, {row, table}))
        holders.push_back({pid, CommandOf(pid), other.target, true});
  });
  return holders;
}

std::vector<Holder> FindOpenFiles(const MountInfoRow& row) {
  std::vector<Holder> holders;
  const std::string own = ReadLink("/proc/self/ns/mnt");
  ForEachNumber("/proc", [&](pid_t pid) {
    if (ReadLink(ProcPath(pid, "ns/mnt")) == own && HoldsOpen(pid, row))
      holders.push_back({.pid = pid, .command = CommandOf(pid)});
  });
  return holders;
}

}  // namespace osbx::mount
