// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/engine/container_table.h"

#include <algorithm>
#include <array>

namespace osbx::reconcilers {
namespace {

constexpr std::size_t kMostRemembered = 4096;  // ids of removed containers

std::string AddressOf(const std::map<std::string, std::string>& addresses) {
  return addresses.empty() ? "" : addresses.begin()->second;
}

std::vector<std::string> SourcesOf(const std::vector<docker::ContainerMount>& mounts) {
  std::vector<std::string> out;
  for (const docker::ContainerMount& mount : mounts) {
    if (!mount.source.empty()) out.push_back(mount.source);
  }
  return out;
}

Time TimeOf(const docker::Event& event) {
  return Time(
      std::chrono::duration_cast<Time::duration>(std::chrono::nanoseconds(event.time_nano)));
}

// A request to the engine that is meant to end the container ("kill" also carries harmless
// signals).
bool AsksToStop(const docker::Event& event) {
  if (event.action == "stop") return true;
  if (event.action != "kill") return false;
  const auto signal = event.attributes.find("signal");
  static constexpr std::array<std::string_view, 8> kDeadly = {"9",       "15",      "2",    "3",
                                                              "SIGKILL", "SIGTERM", "KILL", "TERM"};
  return signal != event.attributes.end() &&
         std::ranges::find(kDeadly, signal->second) != kDeadly.end();
}

bool ChangesState(const docker::Event& event) {
  static constexpr std::array<std::string_view, 11> kActions = {
      "create",  "start",  "die",   "stop",    "kill",  "oom",
      "restart", "rename", "pause", "unpause", "update"};
  return std::ranges::find(kActions, event.action) != kActions.end();
}

}  // namespace

std::string ContainerRow::Label(std::string_view key) const {
  const auto found = labels.find(std::string(key));
  return found == labels.end() ? "" : found->second;
}

bool ContainerTable::Known() const {
  const std::scoped_lock lock(mutex_);
  return known_;
}

bool ContainerTable::EverKnown() const {
  const std::scoped_lock lock(mutex_);
  return ever_known_;
}

std::optional<ContainerRow> ContainerTable::FindByUid(const std::string& uid) const {
  const std::scoped_lock lock(mutex_);
  const auto id = id_of_uid_.find(uid);
  if (id == id_of_uid_.end()) return std::nullopt;
  const auto entry = entries_.find(id->second);
  if (entry == entries_.end()) return std::nullopt;
  ContainerRow row = entry->second.row;
  row.stale = row.stale || entry->second.last_event > entry->second.looked_at;
  if (row.details) {
    const Time started = row.details->started_at.value_or(Time{});
    row.stopped_by_request = entry->second.stop_requested > started;
    row.ended_unseen = row.details->finished_at && !WatchedAt(*row.details->finished_at);
  }
  return row;
}

std::vector<ContainerRow> ContainerTable::Ours() const {
  const std::scoped_lock lock(mutex_);
  std::vector<ContainerRow> out;
  for (const auto& [uid, id] : id_of_uid_) {
    const auto entry = entries_.find(id);
    if (entry != entries_.end()) out.push_back(entry->second.row);
  }
  return out;
}

std::size_t ContainerTable::CountOurs() const {
  const std::scoped_lock lock(mutex_);
  return id_of_uid_.size();
}

std::size_t ContainerTable::Size() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

std::vector<std::string> ContainerTable::UsersOf(const std::string& target) const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> out;
  for (const auto& [id, entry] : entries_) {
    const bool uses =
        std::ranges::any_of(entry.row.mount_sources, [&target](const std::string& source) {
          return source == target || source.starts_with(target + "/");
        });
    if (uses) out.push_back(id);
  }
  return out;
}

void ContainerTable::Relist(const std::vector<docker::ContainerSummary>& all, Time asked_at) {
  const std::scoped_lock lock(mutex_);
  std::map<std::string, Entry> old = std::move(entries_);
  entries_.clear();
  id_of_uid_.clear();
  for (const docker::ContainerSummary& summary : all) {
    Entry entry;
    const auto before = old.find(summary.id);
    if (before != old.end()) {
      entry = std::move(before->second);
      old.erase(before);
    }
    if (entry.looked_at > asked_at) {  // an inspect has told more since the list was asked for
      Index(entry);
      entries_.emplace(summary.id, std::move(entry));
      continue;
    }
    ContainerRow& row = entry.row;
    if (row.status != summary.status) row.details.reset();
    row.limits.reset();
    row.id = summary.id;
    row.name = summary.name;
    row.labels = summary.labels;
    row.status = summary.status;
    row.mount_sources = SourcesOf(summary.mounts);
    row.ip = AddressOf(summary.ip_addresses);
    row.image_id = summary.image_id;
    entry.looked_at = std::max(entry.looked_at, asked_at);
    Index(entry);
    entries_.emplace(summary.id, std::move(entry));
  }
  // Made after the list was asked for, so it could not be in it.
  for (auto& [id, entry] : old) {
    if (entry.looked_at <= asked_at) continue;
    Index(entry);
    entries_.emplace(id, std::move(entry));
  }
  if (!known_) watching_since_ = asked_at;
  known_ = true;
  ever_known_ = true;
}

void ContainerTable::ConnectionLost() {
  const std::scoped_lock lock(mutex_);
  known_ = false;
}

std::optional<ContainerRow> ContainerTable::Apply(const docker::Event& event) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(event.id);
  if (event.action == "destroy") {
    if (gone_.size() >= kMostRemembered) gone_.clear();
    gone_[event.id] = clock_.Now();
    if (found == entries_.end()) return std::nullopt;
    ContainerRow row = found->second.row;
    Erase(event.id);
    return row;
  }
  if (!ChangesState(event)) return std::nullopt;
  if (found == entries_.end()) {
    if (gone_.contains(event.id)) return std::nullopt;
    Entry entry;  // made by somebody else, or by us a moment ago: looked at when its sandbox is
    entry.row.id = event.id;
    entry.row.labels = event.attributes;
    entry.last_event = TimeOf(event);
    Index(entry);
    return entries_.emplace(event.id, std::move(entry)).first->second.row;
  }
  Entry& entry = found->second;
  entry.last_event = std::max(entry.last_event, TimeOf(event));
  if (AsksToStop(event)) entry.stop_requested = std::max(entry.stop_requested, TimeOf(event));
  return entry.row;
}

void ContainerTable::Put(const docker::ContainerInfo& info, Time asked_at) {
  const std::scoped_lock lock(mutex_);
  if (gone_.contains(info.id)) return;
  Entry& entry = entries_[info.id];
  if (entry.looked_at > asked_at) return;  // somebody has looked later
  entry.row.id = info.id;
  entry.row.name = info.name;
  entry.row.labels = info.labels;
  entry.row.status = info.state.status;
  entry.row.details = info.state;
  entry.row.limits = info.resources;
  entry.row.mount_sources = SourcesOf(info.mounts);
  entry.row.ip = AddressOf(info.ip_addresses);
  entry.row.image_id = info.image_id;
  entry.row.ports = info.ports;
  entry.looked_at = asked_at;
  Index(entry);
}

void ContainerTable::Forget(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  Erase(id);
}

bool ContainerTable::WatchedAt(Time time) const {
  return known_ && time >= watching_since_;
}

void ContainerTable::Index(const Entry& entry) {
  const std::string uid = entry.row.Label(kUidLabel);
  if (!uid.empty()) id_of_uid_[uid] = entry.row.id;
}

void ContainerTable::Erase(const std::string& id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  const std::string uid = found->second.row.Label(kUidLabel);
  const auto indexed = id_of_uid_.find(uid);
  if (indexed != id_of_uid_.end() && indexed->second == id) id_of_uid_.erase(indexed);
  entries_.erase(found);
}

}  // namespace osbx::reconcilers
