// SPDX-License-Identifier: Apache-2.0
// What the Docker engine has, as last heard: filled by a list at each (re)connect, kept by events,
// refreshed by inspects. An event only marks a row stale; facts come from list and inspect. Nothing
// is known before the first list and after a lost connection (design §4, "uncertain first"). All
// containers are kept, ours and others': any of them may hold a mount. Thread-safe; never calls
// out, so no lock is held across a Docker call.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "drivers/docker/types.h"

namespace osbx::reconcilers {

// Labels of our containers; the uid ties a container to its Sandbox.
inline constexpr std::string_view kUidLabel = "osbx.dev/uid";
inline constexpr std::string_view kNamespaceLabel = "osbx.dev/namespace";
inline constexpr std::string_view kNameLabel = "osbx.dev/name";

struct ContainerRow {
  std::string id;
  std::string name;
  docker::Labels labels;
  docker::ContainerStatus status = docker::ContainerStatus::kUnknown;
  std::vector<std::string> mount_sources;  // host paths
  std::string ip;
  std::string image_id;
  std::vector<docker::PublishedPort> ports;       // from the last inspect
  std::optional<docker::ContainerState> details;  // from an inspect of the present state
  std::optional<docker::Resources> limits;        // from the last inspect of this connection
  bool stale = false;                             // an event came after the last look
  bool stopped_by_request = false;  // somebody asked the engine to stop or kill it since its start
  bool ended_unseen = false;        // it ended while nobody was watching

  std::string Label(std::string_view key) const;
};

class ContainerTable {
 public:
  explicit ContainerTable(const Clock& clock) : clock_(clock) {}

  bool Known() const;
  bool EverKnown() const;  // a first list has been taken in this process
  std::optional<ContainerRow> FindByUid(const std::string& uid) const;
  std::vector<ContainerRow> Ours() const;  // rows with our uid label
  std::size_t CountOurs() const;
  std::size_t Size() const;
  // Ids of containers that bind `target` or something below it.
  std::vector<std::string> UsersOf(const std::string& target) const;

  // ---- from the event thread ----
  // Replaces everything; `asked_at` is when the list was asked for.
  void Relist(const std::vector<docker::ContainerSummary>& all, Time asked_at);
  void ConnectionLost();
  // The row concerned after the event; for a removal as it was before.
  std::optional<ContainerRow> Apply(const docker::Event& event);

  // ---- from workers ----
  // Takes what an inspect asked for at `asked_at` said; an event after that keeps the row stale.
  void Put(const docker::ContainerInfo& info, Time asked_at);
  // An inspect or a remove said that it is gone.
  void Forget(const std::string& id);

 private:
  struct Entry {
    ContainerRow row;
    Time last_event{};
    Time looked_at{};
    Time stop_requested{};  // of the last stop or deadly kill request heard
  };

  bool WatchedAt(Time time) const;
  void Index(const Entry& entry);
  void Erase(const std::string& id);

  const Clock& clock_;
  mutable std::mutex mutex_;
  bool known_ = false;
  bool ever_known_ = false;
  Time watching_since_{};                 // of the present connection
  std::map<std::string, Entry> entries_;  // by container id
  std::map<std::string, std::string> id_of_uid_;
  std::map<std::string, Time>
      gone_;  // ids heard to be removed: a late inspect must not revive them
};

}  // namespace osbx::reconcilers
