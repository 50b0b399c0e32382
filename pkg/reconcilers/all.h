// SPDX-License-Identifier: Apache-2.0
// All controllers of a host and what feeds them: the table of who reconciles
// what on which events. Owns the executors, the container table and the watches
// of engine and mount table. Start after the cache and before nothing else
// needs it; Stop in reverse: sources, then controllers (by the manager), then
// operations.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "ctrl/cache.h"
#include "ctrl/event_recorder.h"
#include "ctrl/manager.h"
#include "drivers/docker/client.h"
#include "drivers/mount/mounter.h"
#include "reconcilers/engine/engine_watch.h"
#include "reconcilers/sandbox/container_ops.h"
#include "registry/typed.h"

namespace osbx::reconcilers {

struct HostOptions {
  std::string node_name;
  std::string version;  // of osbxd
  std::string mount_root;
  std::vector<std::string> search_path;  // of ossfs and ossfs2
  std::vector<std::string> allowed_host_paths;
  Secret install_key;
  Duration mount_grace{};
  Duration orphan_grace{};
  ContainerOpsOptions containers;
  // False: nothing runs but what the owner asks for (Manager::RunOne, RunOneOperation, engine()),
  // on its own thread and in its order.
  bool threads = true;
};

struct HostDeps {
  ctrl::Cache& cache;
  store::Store& store;
  registry::Registry& registry;
  ctrl::EventRecorder& events;
  docker::Client& docker;
  mount::Mounter& mounter;
  Clock& clock;
};

// Kinds and indexes the reconcilers read; before Cache::Start.
void DeclareCache(ctrl::Cache& cache);

class Host {
 public:
  Host(HostDeps deps, HostOptions options);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Adds every controller; before Manager::Start.
  void AddControllers(ctrl::Manager& manager);
  // Makes the Node object, then listens to engine and kernel. After
  // Manager::Start.
  Result<> Start();
  // Sources first; call before Manager::Stop.
  void StopSources();
  // Waits for running operations; after Manager::Stop.
  void StopOperations(Duration deadline);

  // ---- without threads ----
  static constexpr std::size_t kExecutors = 4;
  // Runs the oldest waiting operation of the n-th executor. False: there is none.
  bool RunOneOperation(std::size_t executor);
  EngineWatch& engine();
  void LookAtMounts();  // the mount table may have changed

  const ContainerTable& containers() const;

  struct Load {
    std::string_view executor;  // sandbox, mount, pull
    std::size_t in_flight = 0;
  };
  // Slow operations begun and not ended. Thread-safe.
  std::vector<Load> Loads() const;
  // Since when the engine has not been heard; zero while connected. Thread-safe.
  Duration EngineSilence() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace osbx::reconcilers
