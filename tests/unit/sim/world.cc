// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <stdexcept>

#include <nlohmann/json.hpp>

#include "drivers/docker/decode.h"
#include "drivers/docker/stream_parse.h"

namespace osbx::sim {
namespace {

constexpr const char* kNode = "sim";

template <class T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().ToString());
  return *std::move(result);
}

}  // namespace

// One life of osbxd. Destruction drops what it had queued, as the end of a process does.
struct World::Daemon {
  Daemon(World& world, const std::filesystem::path& directory)
      : cache(world.store_),
        docker(Must(docker::Client::Open({.host = world.engine.Host()}, world.clock))),
        mounter(Must(mount::Mounter::Open({}))),
        events({.put = [](const store::Key&, const Json&) -> Result<> { return {}; },
                .remove = [](const store::Key&) -> Result<> { return {}; },
                .list = [] { return std::vector<JsonPtr>(); }},
               RealClock()),
        manager(world.store_, world.clock, /*threads=*/false) {
    reconcilers::DeclareCache(cache);
    cache.Start();
    reconcilers::HostOptions options;
    options.node_name = kNode;
    options.mount_root = "/mnt/ossfs";
    options.search_path = {directory / "programs"};
    options.allowed_host_paths = {"/data"};
    options.install_key = Secret("0123456789abcdef0123456789abcdef");
    options.mount_grace = std::chrono::seconds(30);
    options.orphan_grace = std::chrono::seconds(300);
    options.containers.defaults.execd_path = "/usr/libexec/osbx-execd";
    options.containers.slot_root = directory / "slots";
    options.containers.stage_root = directory / "stage";
    options.containers.allowed_host_paths = {"/data"};
    options.threads = false;
    host = std::make_unique<reconcilers::Host>(reconcilers::HostDeps{.cache = cache,
                                                                     .store = world.store_,
                                                                     .registry = world.registry_,
                                                                     .events = events,
                                                                     .docker = *docker,
                                                                     .mounter = mounter,
                                                                     .clock = world.clock},
                                               std::move(options));
    host->AddControllers(manager);
    manager.Start();
    if (auto started = host->Start(); !started) {
      throw std::runtime_error(started.error().ToString());
    }
  }
  ~Daemon() {
    manager.Stop();
    cache.Stop();
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  ctrl::Cache cache;
  std::unique_ptr<docker::Client> docker;
  mount::Mounter mounter;
  ctrl::EventRecorder events;
  std::unique_ptr<reconcilers::Host> host;
  ctrl::Manager manager;
};

World::World() {
  engine.CheckBindSources(false);
  std::filesystem::create_directories(directory_.Path() / "slots");
  std::filesystem::create_directories(directory_.Path() / "programs");
  if (auto made = registry_.EnsureNamespaces(); !made) {
    throw std::runtime_error(made.error().ToString());
  }
  Restart();
}

World::~World() = default;

void World::Restart() {
  daemon_.reset();
  connected_ = false;
  undelivered_.clear();
  daemon_ = std::make_unique<Daemon>(*this, directory_.Path());
}

std::size_t World::Places() const {
  return daemon_->manager.Size() + reconcilers::Host::kExecutors;
}

bool World::RunOne(std::size_t place) {
  const std::size_t controllers = daemon_->manager.Size();
  return place < controllers ? daemon_->manager.RunOne(place)
                             : daemon_->host->RunOneOperation(place - controllers);
}

void World::LookAtMounts() {
  daemon_->host->LookAtMounts();
}

void World::Connect() {
  undelivered_ = engine.EventsFrom(next_event_);  // what happened before the list is in the list
  undelivered_.clear();
  Ignore(daemon_->host->engine().Relist({}), "the walk tries again");
  connected_ = daemon_->host->containers().Known();
}

void World::Disconnect() {
  connected_ = false;
  undelivered_.clear();
  daemon_->host->engine().Lost(Error(Code::kUnavailable, "simulated: the stream broke"));
}

bool World::Deliver(std::size_t most) {
  if (!connected_) return false;
  for (std::string& line : engine.EventsFrom(next_event_)) undelivered_.push_back(std::move(line));
  const std::size_t count = std::min(most, undelivered_.size());
  for (std::size_t i = 0; i < count; ++i) {
    const auto event = docker::ParseEvent(undelivered_[i]);
    if (event && event->type == "container") daemon_->host->engine().Hear(*event);
  }
  undelivered_.erase(undelivered_.begin(), undelivered_.begin() + static_cast<long>(count));
  return count > 0;
}

Result<> World::Create(const char* plural, const Json& body) {
  const api::Kind* kind = api::FindKindByPlural(plural);
  auto made = registry_.Create({.kind = kind, .ns = "default", .name = ""}, body, {});
  if (!made) return std::move(made).error();
  return {};
}

Result<> World::Delete(const char* plural, const std::string& name) {
  auto gone = registry_.Delete(
      {.kind = api::FindKindByPlural(plural), .ns = "default", .name = name}, {}, {});
  if (!gone) return std::move(gone).error();
  return {};
}

Result<> World::Patch(const std::string& sandbox, const Json& merge) {
  auto done = registry_.Patch(
      {.kind = api::FindKindByPlural("sandboxes"), .ns = "default", .name = sandbox},
      registry::PatchType::kMerge, registry::Subresource::kNone, merge, {});
  if (!done) return std::move(done).error();
  return {};
}

std::vector<api::v1::Sandbox> World::Sandboxes() const {
  std::vector<api::v1::Sandbox> out;
  for (const auto& object : store_.List({.kind = "sandboxes"}).objects) {
    out.push_back(Must(api::v1::Sandbox::FromJson(*object->body)));
  }
  return out;
}

std::vector<api::v1::Mount> World::Mounts() const {
  std::vector<api::v1::Mount> out;
  for (const auto& object : store_.List({.kind = "mounts"}).objects) {
    out.push_back(Must(api::v1::Mount::FromJson(*object->body)));
  }
  return out;
}

bool World::Has(const char* plural, const std::string& name) const {
  return store_.Find({.kind = plural, .ns = "default", .name = name}) != nullptr;
}

std::vector<docker::ContainerSummary> World::Containers() const {
  return Must(docker::DecodeContainerList(engine.ListBody()));
}

std::set<std::string> World::Slots() const {
  std::set<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(directory_.Path() / "slots")) {
    out.insert(entry.path().filename());
  }
  return out;
}

}  // namespace osbx::sim
