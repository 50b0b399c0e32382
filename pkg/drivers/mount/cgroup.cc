// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/atomic_file.h"
#include "base/unique_fd.h"

namespace osbx::mount {
namespace {

bool HasOption(std::string_view options, std::string_view name) {
  while (!options.empty()) {
    const auto comma = options.find(',');
    if (options.substr(0, comma) == name) return true;
    if (comma == std::string_view::npos) return false;
    options.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace

CgroupTree::CgroupTree(const MountTable& table, const std::string& parent) {
  const MountInfoRow* chosen = nullptr;
  for (const MountInfoRow& row : table.Rows()) {
    if (row.fstype == "cgroup2") chosen = &row;
    if (chosen == nullptr && row.fstype == "cgroup" && HasOption(row.super_options, "pids"))
      chosen = &row;
  }
  if (chosen != nullptr) base_ = chosen->target + "/" + parent;
}

std::string CgroupTree::PathOf(const std::string& leaf) const {
  return base_.empty() ? "" : base_ + "/" + leaf;
}

std::string CgroupTree::Create(const std::string& leaf) const {
  if (base_.empty()) return {};
  constexpr int kAttempts = 5;  // another mount's Remove may take the empty parent away in between
  for (int i = 0; i < kAttempts; ++i) {
    if (::mkdir(base_.c_str(), 0755) != 0 && errno != EEXIST) return {};
    if (::mkdir(PathOf(leaf).c_str(), 0755) == 0 || errno == EEXIST) return PathOf(leaf);
    if (errno != ENOENT) return {};
  }
  return {};
}

std::vector<std::string> CgroupTree::Leaves() const {
  std::vector<std::string> leaves;
  std::error_code error;
  if (base_.empty()) return leaves;
  for (auto entry = std::filesystem::directory_iterator(base_, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_directory(ignored)) leaves.push_back(entry->path().filename().string());
  }
  return leaves;
}

void CgroupTree::Remove(const std::string& leaf) const {
  if (base_.empty()) return;
  ::rmdir(PathOf(leaf).c_str());
  ::rmdir(base_.c_str());  // succeeds for the last one only
}

std::vector<pid_t> CgroupTree::Processes(const std::string& path) {
  std::vector<pid_t> pids;
  if (path.empty()) return pids;
  const auto text = ReadFile(path + "/cgroup.procs");
  if (!text) return pids;
  const char* at = text->data();
  const char* end = at + text->size();
  while (at < end) {
    pid_t pid = 0;
    const auto [next, error] = std::from_chars(at, end, pid);
    if (error != std::errc()) break;
    pids.push_back(pid);
    at = next + 1;
  }
  return pids;
}

bool CgroupTree::KillAll(const std::string& path) {
  if (path.empty()) return false;
  const UniqueFd fd(::open((path + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.Get(), "1", 1) == 1;
}

}  // namespace osbx::mount
