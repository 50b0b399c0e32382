// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/all.h"

#include <array>

#include "api/v1/node.h"
#include "api/v1/snapshot.h"
#include "base/ids.h"
#include "base/log.h"
#include "ctrl/op_executor.h"
#include "drivers/mount/inside.h"
#include "drivers/mount/mount_watch.h"
#include "drivers/mount/server_watch.h"
#include "reconcilers/engine/engine_watch.h"
#include "reconcilers/event_maps.h"
#include "reconcilers/gc/orphan_reconciler.h"
#include "reconcilers/gc/owner_reconciler.h"
#include "reconcilers/mount/mount_reconciler.h"
#include "reconcilers/namespace/namespace_reconciler.h"
#include "reconcilers/node/node_reconciler.h"
#include "reconcilers/sandbox/sandbox_reconciler.h"
#include "reconcilers/snapshot/snapshot_reconciler.h"
#include "reconcilers/ttl/ttl_reconciler.h"
#include "reconcilers/volume/volume_reconciler.h"

namespace osbx::reconcilers {
namespace {

using api::v1::Mount;
using api::v1::Sandbox;
using api::v1::Volume;
using store::Key;

constexpr std::size_t kSandboxWorkers = 8;
constexpr std::size_t kMountWorkers = 1;  // makes the choice of a target atomic
constexpr std::size_t kSandboxOperations = 16;
constexpr std::size_t kMountOperations = 8;
constexpr std::size_t kPulls = 4;
constexpr std::size_t kSnapshotOperations = 2;
constexpr ctrl::Backoff kMountBackoff{.first = std::chrono::seconds(1),
                                      .most = std::chrono::seconds(60)};
constexpr ctrl::Backoff kStartBackoff{.first = std::chrono::seconds(1),
                                      .most = std::chrono::seconds(60)};

template <class T>
std::vector<Key> KeysOf(const std::vector<std::shared_ptr<const T>>& objects) {
  std::vector<Key> keys;
  keys.reserve(objects.size());
  for (const auto& object : objects) {
    keys.push_back({.kind = std::string(T::kPlural),
                    .ns = object->metadata.namespace_,
                    .name = object->metadata.name});
  }
  return keys;
}

void Append(std::vector<Key>& keys, std::vector<Key> more) {
  keys.insert(keys.end(), std::make_move_iterator(more.begin()),
              std::make_move_iterator(more.end()));
}

// "namespace/name", as the indexes have it.
std::string NameOf(const Key& key) {
  return key.ns + "/" + key.name;
}

// Mount id and target of each, as one text.
std::vector<std::string> MountsBelowRoot(const mount::Mounter& mounter, const std::string& root) {
  std::vector<std::string> out;
  const auto table = mounter.Table();
  if (!table) return out;
  for (const auto& row : (*table)->Below(root))
    out.push_back(std::to_string(row.mount_id) + " " + row.target);
  return out;
}

}  // namespace

void DeclareCache(ctrl::Cache& cache) {
  cache.AddKind<Sandbox>();
  cache.AddKind<Volume>();
  cache.AddKind<Mount>();
  cache.AddKind<api::v1::Secret>();
  cache.AddKind<api::v1::Node>();
  cache.AddKind<api::v1::Snapshot>();
  cache.AddIndex<Sandbox>(kSandboxesByMount, MountsOf);
  cache.AddIndex<Sandbox>(kSandboxesByVolume, VolumeRefsOf);
  cache.AddIndex<Sandbox>(kSandboxesBySecret, SecretsOf);
  cache.AddIndex<Sandbox>(kSandboxesByPull, [](const Sandbox& sandbox) {
    return std::vector<std::string>{store::ToString(PullKey(sandbox))};
  });
  cache.AddIndex<Sandbox>(kSandboxesBySnapshot, SnapshotsOf);
  cache.AddIndex<Volume>(kVolumesBySecret, [](const Volume& volume) {
    std::vector<std::string> out;
    if (volume.spec.ossfs && volume.spec.ossfs->credentials_ref) {
      out.push_back(volume.metadata.namespace_ + "/" + volume.spec.ossfs->credentials_ref->name);
    }
    return out;
  });
}

struct Host::State {
  State(HostDeps host_deps, HostOptions host_options)
      : deps(host_deps),
        options(std::move(host_options)),
        run(RandomHex(8)),
        writer(deps.registry),
        credentials(options.install_key),
        containers(deps.clock),
        engine(deps.docker, containers, deps.clock),
        container_ops(deps.docker, containers, deps.clock, options.containers),
        healer({.look = mount::LookInside,
                .replace =
                    [this](const std::string& target, const mount::InsidePlace& place) {
                      return deps.mounter.ReplaceInside(target, place);
                    }}),
        sandbox_ops(deps.clock, {.threads = Threads(kSandboxOperations),
                                 .backoff = kStartBackoff,
                                 .on_done = [this](const Key& key) { Enqueue(key); }}),
        mount_ops(deps.clock, {.threads = Threads(kMountOperations),
                               .backoff = kMountBackoff,
                               .on_done = [this](const Key& key) { Enqueue(key); }}),
        pulls(deps.clock, {.threads = Threads(kPulls),
                           .backoff = kStartBackoff,
                           .on_done = [this](const Key& key) { Pulled(key); }}),
        snapshot_ops(deps.clock, {.threads = Threads(kSnapshotOperations),
                                  .backoff = kStartBackoff,
                                  .on_done = [this](const Key& key) { Enqueue(key); }}),
        sandbox({.cache = deps.cache,
                 .writer = writer,
                 .containers = containers,
                 .engine = engine,
                 .container_ops = container_ops,
                 .healer = healer,
                 .docker = deps.docker,
                 .ops = sandbox_ops,
                 .pulls = pulls,
                 .events = deps.events,
                 .clock = deps.clock,
                 .credentials = credentials,
                 .node_name = options.node_name,
                 .run = run}),
        mount({.cache = deps.cache,
               .writer = writer,
               .containers = containers,
               .mounter = deps.mounter,
               .servers = servers,
               .ops = mount_ops,
               .events = deps.events,
               .clock = deps.clock,
               .credentials = credentials,
               .mount_root = options.mount_root,
               .run = run,
               .boot_id = ReadBootId(),
               .grace = options.mount_grace}),
        volume(deps.cache, writer, deps.clock, options.allowed_host_paths),
        snapshot({.cache = deps.cache,
                  .writer = writer,
                  .containers = containers,
                  .docker = deps.docker,
                  .ops = snapshot_ops,
                  .clock = deps.clock}),
        ttl(deps.cache, writer, deps.events, deps.clock),
        node({.cache = deps.cache,
              .writer = writer,
              .containers = containers,
              .docker = deps.docker,
              .clock = deps.clock,
              .node_name = options.node_name,
              .version = options.version,
              .search_path = options.search_path}),
        namespaces(deps.registry, deps.store),
        owners(deps.registry, deps.store),
        orphans({.cache = deps.cache,
                 .containers = containers,
                 .docker = deps.docker,
                 .container_ops = container_ops,
                 .events = deps.events,
                 .clock = deps.clock,
                 .node_name = options.node_name,
                 .grace = options.orphan_grace}) {}

  std::size_t Threads(std::size_t wanted) const { return options.threads ? wanted : 0; }

  void LookAtMounts() {
    // Containers come and go in the same table: only what changes below our
    // root concerns the mounts.
    std::vector<std::string> now = MountsBelowRoot(deps.mounter, options.mount_root);
    if (now == mounts_seen) return;
    mounts_seen = std::move(now);
    manager->EnqueueAll("mount");
  }

  EngineHandlers Handlers() {
    return {.on_container =
                [this](const ContainerRow& row) {
                  const std::string name = row.Label(kNameLabel);
                  if (name.empty()) return;
                  manager->Enqueue(
                      "sandbox",
                      {.kind = "sandboxes", .ns = row.Label(kNamespaceLabel), .name = name});
                },
            .on_everything =
                [this] {
                  for (const char* controller : {"sandbox", "mount", "snapshot"})
                    manager->EnqueueAll(controller);
                  manager->Enqueue({.kind = "nodes", .ns = "", .name = options.node_name});
                }};
  }

  void Enqueue(const Key& key) const {
    if (manager != nullptr) manager->Enqueue(key);
  }

  // A pull is shared by all sandboxes that want the image.
  void Pulled(const Key& pull) const {
    for (const Key& key :
         KeysOf(deps.cache.ByIndex<Sandbox>(kSandboxesByPull, store::ToString(pull))))
      Enqueue(key);
  }

  HostDeps deps;
  HostOptions options;
  std::string run;
  registry::Writer writer;
  CredentialReader credentials;
  ContainerTable containers;
  EngineWatch engine;
  ContainerOps container_ops;
  Healer healer;
  ctrl::OpExecutor sandbox_ops;
  ctrl::OpExecutor mount_ops;
  ctrl::OpExecutor pulls;
  ctrl::OpExecutor snapshot_ops;
  SandboxReconciler sandbox;
  MountReconciler mount;
  VolumeReconciler volume;
  SnapshotReconciler snapshot;
  TtlReconciler ttl;
  NodeReconciler node;
  NamespaceReconciler namespaces;
  OwnerReconciler owners;
  OrphanReconciler orphans;
  ctrl::Manager* manager = nullptr;
  std::vector<std::string> mounts_seen;  // by whoever calls LookAtMounts
  std::optional<mount::MountWatch> mount_watch;
  mount::ServerWatch servers{
      [this](const std::string& name) { Enqueue({.kind = "mounts", .ns = "", .name = name}); }};
};

Host::Host(HostDeps deps, HostOptions options)
    : state_(std::make_unique<State>(deps, std::move(options))) {}
Host::~Host() = default;

const ContainerTable& Host::containers() const {
  return state_->containers;
}

std::vector<Host::Load> Host::Loads() const {
  return {{"sandbox", state_->sandbox_ops.InFlight()},
          {"mount", state_->mount_ops.InFlight()},
          {"pull", state_->pulls.InFlight()}};
}

Duration Host::EngineSilence() const {
  return state_->engine.Silence();
}

// The table of controllers: kind, what else concerns it, who reconciles it.
void Host::AddControllers(ctrl::Manager& manager) {
  State& s = *state_;
  s.manager = &manager;
  ctrl::Cache& cache = s.deps.cache;
  const auto sandboxes_of_mount = [&cache](const store::Event& event) {
    return KeysOf(cache.ByIndex<Sandbox>(kSandboxesByMount, event.object->key.name));
  };
  const auto sandboxes_of_volume = [&cache](const store::Event& event) {
    return KeysOf(cache.ByIndex<Sandbox>(kSandboxesByVolume, NameOf(event.object->key)));
  };
  const auto sandboxes_of_snapshot = [&cache](const store::Event& event) {
    return KeysOf(cache.ByIndex<Sandbox>(kSandboxesBySnapshot, NameOf(event.object->key)));
  };
  const auto users_of_secret = [&cache](const store::Event& event) {
    std::vector<Key> keys =
        KeysOf(cache.ByIndex<Sandbox>(kSandboxesBySecret, NameOf(event.object->key)));
    for (const Key& volume :
         KeysOf(cache.ByIndex<Volume>(kVolumesBySecret, NameOf(event.object->key)))) {
      Append(keys, KeysOf(cache.ByIndex<Sandbox>(kSandboxesByVolume, NameOf(volume))));
    }
    return keys;
  };
  const auto mounts_of_secret = [&cache, users_of_secret](const store::Event& event) {
    std::vector<Key> keys;
    for (const Key& user : users_of_secret(event)) {
      const auto sandbox = cache.Get<Sandbox>(user);
      if (!sandbox) continue;
      for (const std::string& name : MountsOf(*sandbox))
        keys.push_back({.kind = "mounts", .ns = "", .name = name});
    }
    return keys;
  };
  const auto volumes_of_secret = [&cache](const store::Event& event) {
    return KeysOf(cache.ByIndex<Volume>(kVolumesBySecret, NameOf(event.object->key)));
  };
  const auto all_sandboxes = [&cache](const store::Event&) {
    return KeysOf(cache.List<Sandbox>());
  };
  const auto node_opened = [all_sandboxes](const store::Event& event) {
    return UnschedulableChanged(event) ? all_sandboxes(event) : std::vector<Key>{};
  };

  manager.Add({.name = "mount",
               .kind = "mounts",
               .watches = {{"sandboxes", MountsNamedOrLeft}, {"secrets", mounts_of_secret}},
               .reconcile = [&s](const Key& key) { return s.mount.Reconcile(key); },
               .workers = kMountWorkers});
  manager.Add({.name = "sandbox",
               .kind = "sandboxes",
               .watches = {{"mounts", sandboxes_of_mount},
                           {"volumes", sandboxes_of_volume},
                           {"snapshots", sandboxes_of_snapshot},
                           {"secrets", users_of_secret},
                           {"nodes", node_opened}},
               .reconcile = [&s](const Key& key) { return s.sandbox.Reconcile(key); },
               .workers = kSandboxWorkers});
  manager.Add(
      {.name = "ttl", .kind = "sandboxes", .watches = {}, .reconcile = [&s](const Key& key) {
         return s.ttl.Reconcile(key);
       }});
  manager.Add({.name = "volume",
               .kind = "volumes",
               .watches = {{"sandboxes", VolumesReferred}, {"secrets", volumes_of_secret}},
               .reconcile = [&s](const Key& key) { return s.volume.Reconcile(key); }});
  manager.Add({.name = "snapshot",
               .kind = "snapshots",
               .watches = {{"sandboxes", SnapshotsReferred}},
               .reconcile = [&s](const Key& key) { return s.snapshot.Reconcile(key); }});
  manager.Add({.name = "node", .kind = "nodes", .watches = {}, .reconcile = [&s](const Key& key) {
                 return s.node.Reconcile(key);
               }});
  manager.Add({.name = "namespace",
               .kind = "namespaces",
               .watches = NamespaceReconciler::Watches(),
               .reconcile = [&s](const Key& key) { return s.namespaces.Reconcile(key); }});
  manager.Add({.name = "orphan",
               .kind = "nodes",  // containers without an object are looked for with the
                                 // node, and when the engine tells
               .watches = {},
               .reconcile = [&s](const Key& key) { return s.orphans.Reconcile(key); }});
  s.owners.AddControllers(manager);
}

Result<> Host::Start() {
  State& s = *state_;
  OSBX_CHECK(s.node.EnsureNode());
  if (s.options.threads) {
    auto watch = mount::MountWatch::Start([&s] { s.LookAtMounts(); });
    if (!watch) return std::move(watch).error().Wrap("watch the mount table");
    s.mount_watch.emplace(*std::move(watch));
    OSBX_CHECK(s.servers.Start());
    s.engine.Start(s.Handlers());
  } else {
    s.engine.Attach(s.Handlers());
  }
  s.owners.CatchUp(*s.manager);
  return {};
}

bool Host::RunOneOperation(std::size_t executor) {
  State& s = *state_;
  const std::array<ctrl::OpExecutor*, kExecutors> executors{&s.sandbox_ops, &s.mount_ops, &s.pulls,
                                                            &s.snapshot_ops};
  return executors.at(executor)->RunOne();
}

EngineWatch& Host::engine() {
  return state_->engine;
}

void Host::LookAtMounts() {
  state_->LookAtMounts();
}

void Host::StopSources() {
  state_->engine.Stop();
  state_->mount_watch.reset();
  state_->servers.Stop();
}

void Host::StopOperations(Duration deadline) {
  State& s = *state_;
  for (ctrl::OpExecutor* executor : {&s.pulls, &s.sandbox_ops, &s.mount_ops, &s.snapshot_ops}) {
    if (const auto stopped = executor->Stop(deadline); !stopped) {
      log::Warn("operations were cut off", {{"error", stopped.error().message()}});
    }
  }
}

}  // namespace osbx::reconcilers
