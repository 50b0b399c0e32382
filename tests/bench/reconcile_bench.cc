// SPDX-License-Identifier: Apache-2.0
// What a reconcile costs that has nothing to do: 10,000 running sandboxes, half of them with two
// OSSFS volumes, in a memory store, against a container table that agrees. CPU time of the one
// thread that calls; the engine is never asked.
#include <filesystem>

#include <nlohmann/json.hpp>

#include "api/v1/mount.h"
#include "bench/bench.h"
#include "ctrl/event_sink.h"
#include "fakes/fake_docker/fake_docker.h"
#include "reconcilers/all.h"
#include "reconcilers/sandbox/sandbox_reconciler.h"
#include "store/memory_store.h"

namespace {

using namespace osbx;               // NOLINT(google-build-using-namespace): a program of one file
using namespace osbx::bench;        // NOLINT(google-build-using-namespace)
using namespace osbx::reconcilers;  // NOLINT(google-build-using-namespace)

constexpr int kSandboxes = 10'000;
constexpr int kMounts = 100;
constexpr int kRounds = 5;
constexpr auto kPatience = std::chrono::minutes(2);
constexpr const char* kRun = "bench-run";
constexpr const char* kEndpoint = "https://oss-cn-hangzhou.aliyuncs.com";
constexpr const char* kInstallKey = "0123456789abcdef0123456789abcdef";

store::Key KeyOf(int i) {
  return {.kind = "sandboxes", .ns = "default", .name = "s-" + std::to_string(i)};
}

Json SandboxBody(int i) {
  Json volumes = Json::array();
  for (int v = 0; v < (i % 2 == 0 ? 2 : 0); ++v) {
    volumes.push_back(
        {{"name", "v" + std::to_string(v)},
         {"mountPath", "/mnt/v" + std::to_string(v)},
         {"subPath", "p" + std::to_string((i + v) % kMounts)},
         {"ossfs",
          {{"bucket", "demo"}, {"endpoint", kEndpoint}, {"credentialsRef", {{"name", "keys"}}}}}});
  }
  return {{"apiVersion", "osbx.dev/v1"},
          {"kind", "Sandbox"},
          {"metadata", {{"name", KeyOf(i).name}, {"labels", {{"app", "bench"}}}}},
          {"spec",
           {{"image", "busybox"},
            {"entrypoint", {"sleep", "infinity"}},
            {"env", {{{"name", "A"}, {"value", "1"}}, {{"name", "B"}, {"value", "2"}}}},
            {"volumes", volumes}}}};
}

// The world as it is when everything runs.
class World {
 public:
  explicit World(const std::string& directory)
      : docker_(Must(docker::Client::Open({.host = engine_.Host()}, RealClock()), "engine")),
        table_(RealClock()),
        watch_(*docker_, table_, RealClock()),
        container_ops_(*docker_, table_, RealClock(), {.slot_root = directory}),
        healer_({.look = mount::LookInside, .replace = {}}),
        ops_(RealClock(), {}),
        pulls_(RealClock(), {}),
        events_(ctrl::RegistrySink(registry_), RealClock()) {
    Must(registry_.EnsureNamespaces(), "namespaces");
    Create("secrets", {{"apiVersion", "v1"},
                       {"kind", "Secret"},
                       {"metadata", {{"name", "keys"}}},
                       {"stringData", {{"accessKeyId", "AK"}, {"accessKeySecret", "SK"}}}});
    for (int i = 0; i < kSandboxes; ++i) Create("sandboxes", SandboxBody(i));
    DeclareCache(cache_);
    cache_.Start();
    MakeContainers();
    MakeMounts();
  }

  SandboxReconciler Reconciler() {
    return SandboxReconciler({.cache = cache_,
                              .writer = writer_,
                              .containers = table_,
                              .engine = watch_,
                              .container_ops = container_ops_,
                              .healer = healer_,
                              .docker = *docker_,
                              .ops = ops_,
                              .pulls = pulls_,
                              .events = events_,
                              .clock = RealClock(),
                              .credentials = credentials_,
                              .node_name = "bench",
                              .run = kRun});
  }
  // The revision after all events that were recorded have been written.
  store::Revision Settle() {
    if (!events_.Flush(kPatience)) Fail("the events are not written");
    return store_.Current();
  }

 private:
  void Create(const char* plural, const Json& body) {
    const api::Kind* kind = api::FindKindByPlural(plural);
    Must(registry_.Create({.kind = kind, .ns = kind->namespaced ? "default" : "", .name = ""}, body,
                          {}),
         plural);
  }

  // Listed, so that the table counts as known, and looked at since.
  void MakeContainers() {
    std::vector<docker::ContainerInfo> containers;
    std::vector<docker::ContainerSummary> listed;
    for (const auto& sandbox : cache_.List<api::v1::Sandbox>()) {
      docker::ContainerInfo info;
      info.id = sandbox->metadata.uid;
      info.name = ContainerName(*sandbox);
      info.labels = {{std::string(kUidLabel), sandbox->metadata.uid},
                     {std::string(kNamespaceLabel), "default"},
                     {std::string(kNameLabel), sandbox->metadata.name}};
      info.state.status = docker::ContainerStatus::kRunning;
      info.state.started_at = RealClock().Now();
      info.resources.pids_limit = ContainerDefaults{}.pids_limit;
      docker::ContainerSummary summary;
      summary.id = info.id;
      summary.name = info.name;
      summary.labels = info.labels;
      summary.status = info.state.status;
      containers.push_back(std::move(info));
      listed.push_back(std::move(summary));
    }
    table_.Relist(listed, RealClock().Now());
    for (const docker::ContainerInfo& info : containers) table_.Put(info, RealClock().Now());
  }

  void MakeMounts() {
    const auto secret = cache_.Get<api::v1::Secret>({"secrets", "default", "keys"});
    const VolumeLookups lookups{.volume = [](const std::string&) { return nullptr; },
                                .secret = [&](const std::string&) { return secret; }};
    for (int i = 0; i < kMounts; i += 2) {
      const auto sandbox = cache_.Get<api::v1::Sandbox>(KeyOf(i));
      for (const ResolvedVolume& volume : ResolveVolumes(*sandbox, lookups, credentials_)) {
        api::v1::Mount mount;
        mount.metadata.name = volume.mount_name;
        mount.spec = *volume.mount;
        Must(writer_.Create(mount), "mount");
        mount.status.phase = "Mounted";
        mount.status.proven_by = kRun;
        mount.status.target = "/mnt/ossfs/demo/" + volume.mount_name;
        Must(writer_.UpdateStatus(mount), "mount status");
      }
    }
  }

  store::MemoryStore store_;
  registry::Registry registry_{store_, RealClock()};
  registry::Writer writer_{registry_};
  ctrl::Cache cache_{store_};
  CredentialReader credentials_{Secret(kInstallKey)};
  fakes::FakeDocker engine_;
  std::unique_ptr<docker::Client> docker_;
  ContainerTable table_;
  EngineWatch watch_;
  ContainerOps container_ops_;
  Healer healer_;
  ctrl::OpExecutor ops_;
  ctrl::OpExecutor pulls_;
  ctrl::EventRecorder events_;
};

void Measure(const std::filesystem::path& work) {
  World world(work / "slots");
  SandboxReconciler reconciler = world.Reconciler();
  const auto pass = [&] {
    for (int i = 0; i < kSandboxes; ++i) Must(reconciler.Reconcile(KeyOf(i)), "reconcile");
  };
  pass();  // writes what it finds: Running
  const store::Revision settled = world.Settle();
  std::vector<double> microseconds;
  for (int round = 0; round < kRounds; ++round) {
    const double begin = ThreadCpuSeconds();
    pass();
    microseconds.push_back((ThreadCpuSeconds() - begin) / kSandboxes * 1e6);
  }
  if (world.Settle() != settled) Fail("the reconciles had something to do");
  Report("reconcile_us", Median(microseconds), "half of them with 2 OSSFS volumes");
}

}  // namespace

int main(int argc, char** argv) {
  return Main(argc, argv, Measure);
}
