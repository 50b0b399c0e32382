// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/server_group.h"

#include <algorithm>
#include <set>

#include "base/ids.h"
#include "drivers/mount/process_table.h"

namespace osbx::mount {
namespace {

constexpr std::string_view kVariable = "OSBX_MOUNT=";
constexpr std::size_t kNonceBytes = 4;

std::string NameOfLeaf(std::string_view leaf) {
  return std::string(leaf.substr(0, leaf.rfind('.')));
}

}  // namespace

ServerRegistry::Start ServerRegistry::NewStart(const std::string& name) const {
  Start start;
  start.leaf = name + "." + RandomHex(kNonceBytes);
  start.marker = std::string(kVariable) + domain_ + ":" + start.leaf;
  start.cgroup = cgroups_.Create(start.leaf);
  return start;
}

bool ServerRegistry::KillStart(const Start& start, std::chrono::milliseconds timeout) const {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  constexpr std::chrono::milliseconds kRound{100};
  // Rounds, because a process may fork while the list is read; each waits for the ends of its own.
  do {
    CgroupTree::KillAll(start.cgroup);
    std::set<pid_t> pids;
    for (const MarkedProcess& process : FindMarked(start.marker)) pids.insert(process.pid);
    for (const pid_t pid : CgroupTree::Processes(start.cgroup)) pids.insert(pid);
    bool left = false;
    for (const pid_t pid : pids) {
      const UniqueFd process = OpenProcess(pid, 0);
      Kill(process);
      left = !WaitForEnd(process, kRound) || left || process;
    }
    if (!left) {
      cgroups_.Remove(start.leaf);
      return true;
    }
  } while (std::chrono::steady_clock::now() < deadline);
  return false;
}

std::vector<ServerProcess> ServerRegistry::Servers(const std::string& name) const {
  const std::string domain = std::string(kVariable) + domain_ + ":";
  std::vector<ServerProcess> servers;
  for (const MarkedProcess& process : FindMarked(name.empty() ? domain : domain + name + ".")) {
    const auto stat = ReadProcessStat(process.pid);
    if (!stat || stat->Ended()) continue;
    const FuseServing serving = ReadFuseServing(process.pid);
    const std::string leaf = process.value.substr(domain_.size() + 1);
    servers.push_back({process.pid, leaf, NameOfLeaf(leaf), stat->command, serving.connection,
                       serving.device_open});
  }
  return servers;
}

std::optional<ServerProcess> ServerRegistry::ServerOf(const std::string& name,
                                                      const MountInfoRow& row) const {
  std::optional<ServerProcess> fallback;
  for (const ServerProcess& server : Servers(name)) {
    if (server.connection == row.device_minor && server.device_open) return server;
    // Kernels before fdinfo told the connection: the youngest that serves anything.
    if (server.device_open && server.connection == 0 && (!fallback || server.pid > fallback->pid))
      fallback = server;
  }
  return fallback;
}

void ServerRegistry::KillUnfinished(const std::string& name,
                                    std::chrono::milliseconds timeout) const {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (std::chrono::steady_clock::now() < deadline) {
    const std::vector<ServerProcess> servers = Servers(name);
    std::set<std::string> serving;
    for (const ServerProcess& server : servers)
      if (server.device_open) serving.insert(server.leaf);
    bool killed = false;
    for (const ServerProcess& server : servers) {
      if (serving.contains(server.leaf)) continue;
      const UniqueFd process = OpenProcess(server.pid, 0);
      Kill(process);
      WaitForEnd(process, std::chrono::milliseconds(100));
      killed = true;
    }
    if (!killed) return;
  }
}

void ServerRegistry::RemoveCgroups(const std::string& name) const {
  for (const std::string& leaf : cgroups_.Leaves())
    if (leaf.starts_with(name + ".")) cgroups_.Remove(leaf);
}

}  // namespace osbx::mount
