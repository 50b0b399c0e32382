// SPDX-License-Identifier: Apache-2.0
#include "daemon.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "agent/agent.h"
#include "apiserver/api_server.h"
#include "apiserver/opensandbox/dialect.h"
#include "base/contained.h"
#include "base/endpoint_token.h"
#include "base/log.h"
#include "ctrl/event_sink.h"
#include "ctrl/manager.h"
#include "host_setup.h"
#include "metrics/process.h"
#include "reconcilers/sandbox/container_spec.h"
#include "reconcilers/volumes/source_check.h"
#include "registry/registry.h"
#include "store/sqlite_store.h"
#include "telemetry/collectors.h"
#include "telemetry/ready_times.h"

namespace osbx {
namespace {

// Of 5 s in all; what is cut off is found again.
constexpr std::chrono::seconds kRequestsGrace(2);
constexpr Duration kOperationsGrace = std::chrono::seconds(2);
constexpr Duration kDockerDeadline = std::chrono::seconds(10);

std::vector<http::Listener> ListenersOf(const config::Config& config) {
  std::vector<http::Listener> out{
      {.address = config.server.host == "localhost" ? "127.0.0.1" : config.server.host,
       .port = config.server.port,
       .unix_path = {},
       .cert_file = config.server.tls_cert_file,
       .key_file = config.server.tls_key_file}};
  if (!config.server.unix_socket.empty())
    out.push_back({.address = {}, .port = 0, .unix_path = config.server.unix_socket});
  return out;
}

}  // namespace

// Members in the order they are started; destruction runs backwards.
struct Daemon::Parts {
  std::chrono::milliseconds requests_grace{};
  std::unique_ptr<store::SqliteStore> store;
  std::unique_ptr<registry::Registry> registry;
  std::unique_ptr<ctrl::Cache> cache;
  std::unique_ptr<docker::Client> docker;
  std::optional<mount::Mounter> mounter;
  std::unique_ptr<ctrl::EventRecorder> events;
  Secret install_key;
  std::string slot_root;
  std::unique_ptr<reconcilers::Host> host;
  std::unique_ptr<agent::Agent> agent;
  std::unique_ptr<ctrl::Manager> manager;
  std::unique_ptr<telemetry::ReadyTimes> ready_times;
  std::unique_ptr<apiserver::opensandbox::Dialect> dialect;
  std::unique_ptr<apiserver::ApiServer> api;

  Result<> OpenState(const config::Config& config);
  Result<> OpenHost(const config::Config& config);
  Result<> Serve(const config::Config& config);
  std::vector<apiserver::ReadyCheck> ReadyChecks() const;
  apiserver::Collectors Collectors() const;
};

Result<> Daemon::Parts::OpenState(const config::Config& config) {
  OSBX_TRY(store,
           store::SqliteStore::Open({.path = config.paths.store, .window = {}, .max_bytes = 0}));
  registry = std::make_unique<registry::Registry>(
      *store, RealClock(), registry::RegistryOptions{.check = reconcilers::CheckSources});
  OSBX_CHECK(registry->EnsureNamespaces());
  cache = std::make_unique<ctrl::Cache>(*store);
  reconcilers::DeclareCache(*cache);
  cache->Start();
  events = std::make_unique<ctrl::EventRecorder>(
      ctrl::RegistrySink(*registry), RealClock(),
      ctrl::EventRecorder::Options{.max_age = config.event_ttl});
  return {};
}

Result<> Daemon::Parts::OpenHost(const config::Config& config) {
  OSBX_TRY(const HostPaths paths, PrepareHost(config));
  OSBX_TRY(docker, docker::Client::Open({.host = config.docker.host,
                                         .timeout = kDockerDeadline,
                                         .pull_timeout = std::max<Duration>(
                                             config.docker.api_timeout, std::chrono::minutes(10)),
                                         .breaker = {}},
                                        RealClock()));
  auto opened = mount::Mounter::Open(MounterOptionsOf(config, paths));
  if (!opened) return std::move(opened).error();
  mounter.emplace(*std::move(opened));
  OSBX_TRY(reconcilers::HostOptions options, HostOptionsOf(config, paths));
  install_key = options.install_key;
  slot_root = paths.slot_root;
  host = std::make_unique<reconcilers::Host>(reconcilers::HostDeps{.cache = *cache,
                                                                   .store = *store,
                                                                   .registry = *registry,
                                                                   .events = *events,
                                                                   .docker = *docker,
                                                                   .mounter = *mounter,
                                                                   .clock = RealClock()},
                                             std::move(options));
  agent = std::make_unique<agent::Agent>(agent::AgentDeps{.cache = *cache,
                                                          .docker = *docker,
                                                          .mounter = *mounter,
                                                          .node_name = NodeName(config),
                                                          .slot_root = paths.slot_root});
  manager = std::make_unique<ctrl::Manager>(*store, RealClock());
  host->AddControllers(*manager);
  return {};
}

// Ready once, an engine that goes away takes the API nowhere: objects are still read and written,
// and what they ask for happens when it is back. That it is away is told, and does not decide.
std::vector<apiserver::ReadyCheck> Daemon::Parts::ReadyChecks() const {
  return {
      {.name = "cache-filled",
       .check = [this]() -> Result<> {
         if (cache->Filled()) return {};
         return Error(Code::kUnavailable, "the cache is being filled");
       }},
      {.name = "store-writable", .check = [this] { return store->CheckWritable(); }},
      {.name = "engine-listed-once",
       .check = [this]() -> Result<> {
         if (host->containers().EverKnown()) return {};
         return Error(Code::kUnavailable, "the Docker engine was not reached yet");
       }},
      {.name = "engine",
       .check = [this]() -> Result<> {
         const auto silence =
             std::chrono::duration_cast<std::chrono::seconds>(host->EngineSilence());
         if (silence.count() == 0 && host->containers().Known()) return {};
         return Error(Code::kUnavailable, "the Docker engine has not been heard for " +
                                              std::to_string(silence.count()) + " s");
       },
       .decides = false},
  };
}

apiserver::Collectors Daemon::Parts::Collectors() const {
  return {telemetry::OfControllers(*manager),
          telemetry::OfExecutors([this] {
            std::vector<telemetry::ExecutorLoad> loads;
            for (const auto& load : host->Loads()) loads.push_back({load.executor, load.in_flight});
            return loads;
          }),
          telemetry::OfObjects(*cache),
          telemetry::OfReadyTimes(*ready_times),
          telemetry::OfDocker(*docker),
          telemetry::OfStore(*store),
          telemetry::OfEvents(*events),
          metrics::MakeProcessCollector(OSBX_VERSION)};
}

Result<> Daemon::Parts::Serve(const config::Config& config) {
  apiserver::ApiServerOptions options;
  options.listeners = ListenersOf(config);
  requests_grace = std::min(kRequestsGrace, config.server.graceful_shutdown);
  options.limits.idle =
      std::chrono::duration_cast<std::chrono::milliseconds>(config.server.keep_alive);
  options.api_key = config.server.api_key;
  options.version = OSBX_VERSION;
  options.streams = agent.get();
  ready_times = std::make_unique<telemetry::ReadyTimes>(*store, RealClock());
  options.ready_checks = ReadyChecks();
  options.collectors = Collectors();
  dialect = std::make_unique<apiserver::opensandbox::Dialect>(
      *store, *registry,
      apiserver::opensandbox::DialectOptions{
          .max_timeout_seconds = config.server.max_sandbox_timeout_seconds,
          .allowed_host_paths = config.storage.allowed_host_paths,
          .renew_interval =
              config.renew.enabled ? std::optional(config.renew.min_interval) : std::nullopt,
          .streams = agent.get(),
          .endpoint_token =
              [this](std::string_view uid) { return EndpointToken(install_key, uid); },
          .dial_execd =
              [this](const std::string& uid) {
                return ConnectBeneath(slot_root + "/" + uid, reconcilers::kExecdSocket);
              },
          .api_key = config.server.api_key});
  options.extend = [this](http::Router& router) { dialect->AddRoutes(router); };
  api = std::make_unique<apiserver::ApiServer>(*store, *registry, std::move(options));
  OSBX_CHECK(api->Start());
  // For whoever asked for port 0.
  std::ofstream(config.paths.run_dir + "/osbxd.port", std::ios::trunc) << api->Port() << "\n";
  manager->Start();
  OSBX_CHECK(host->Start());
  log::Info("serving",
            {{"address", config.server.host}, {"port", api->Port()}, {"version", OSBX_VERSION}});
  return {};
}

Daemon::Daemon(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Daemon::~Daemon() {
  Stop();
}

Result<std::unique_ptr<Daemon>> Daemon::Start(const config::Config& config) {
  auto parts = std::make_unique<Parts>();
  Parts& starting = *parts;
  // From here on the destructor takes down whatever part has come up.
  std::unique_ptr<Daemon> daemon(new Daemon(std::move(parts)));
  std::error_code
      ignored;  // a directory that cannot be made is reported by the store with its path
  std::filesystem::create_directories(std::filesystem::path(config.paths.store).parent_path(),
                                      ignored);
  OSBX_CHECK(starting.OpenState(config));
  OSBX_CHECK(starting.OpenHost(config));
  OSBX_CHECK(starting.Serve(config));
  return daemon;
}

void Daemon::Stop() {
  if (!parts_) return;
  Parts& p = *parts_;
  if (p.dialect) p.dialect->Stop();
  if (p.api) p.api->Stop(p.requests_grace);
  if (p.host) p.host->StopSources();
  if (p.manager) p.manager->Stop();
  if (p.host) p.host->StopOperations(kOperationsGrace);
  if (p.events) p.events->Stop();
  if (p.cache) p.cache->Stop();
  parts_.reset();
}

}  // namespace osbx
