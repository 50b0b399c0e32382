// SPDX-License-Identifier: Apache-2.0
// osbxd's controllers over a store in memory, the fake engine and a simulated host, all on one
// thread: nothing happens but what Run… and Deliver… are asked for, so a run is a function of its
// choices. Restart() ends the daemon as `kill -9` does and starts another on the same store, engine
// and host.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "api/v1/mount.h"
#include "api/v1/sandbox.h"
#include "ctrl/manager.h"
#include "fakes/fake_docker/fake_docker.h"
#include "fakes/temp_dir.h"
#include "kernel.h"
#include "reconcilers/all.h"
#include "sim_clock.h"
#include "store/memory_store.h"

namespace osbx::sim {

class World {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // ---- the daemon ----
  void Restart();
  // Whatever is due in one place: controllers first, then executors. False: nothing there.
  bool RunOne(std::size_t place);
  std::size_t Places() const;
  void LookAtMounts();
  // The stream of events: connecting lists everything; a lost one knows nothing.
  void Connect();
  void Disconnect();
  bool connected() const { return connected_; }
  // Hands over up to `most` events that happened since. False: there were none.
  bool Deliver(std::size_t most);

  // ---- clients ----
  Result<> Create(const char* plural, const Json& body);
  Result<> Delete(const char* plural, const std::string& name);
  Result<> Patch(const std::string& sandbox, const Json& merge);
  std::vector<api::v1::Sandbox> Sandboxes() const;
  std::vector<api::v1::Mount> Mounts() const;
  bool Has(const char* plural, const std::string& name) const;

  // ---- the host, faults or not ----
  std::vector<docker::ContainerSummary> Containers() const;
  std::set<std::string> Slots() const;  // uids

  SimClock clock;
  Kernel kernel;
  fakes::FakeDocker engine{clock};

 private:
  struct Daemon;

  fakes::TempDir directory_;
  store::MemoryStore store_;
  registry::Registry registry_{store_, clock};
  std::unique_ptr<Daemon> daemon_;
  bool connected_ = false;
  std::uint64_t next_event_ = 0;
  std::vector<std::string> undelivered_;
};

}  // namespace osbx::sim
