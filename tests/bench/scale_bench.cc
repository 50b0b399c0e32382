// SPDX-License-Identifier: Apache-2.0
// The real osbxd with many sandboxes, over a fake engine in this process: 1,000 that share 200 real
// FUSE mounts (start until all are confirmed, memory), and 10,000 without volumes (idle CPU).
#include <algorithm>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

#include <nlohmann/json.hpp>

#include "api/v1/mount.h"
#include "api/v1/sandbox.h"
#include "bench/bench.h"
#include "bench/daemon.h"
#include "fakes/fake_docker/fake_docker.h"
#include "fakes/oss_process.h"
#include "reconcilers/engine/container_table.h"
#include "reconcilers/volumes/resolve.h"
#include "registry/typed.h"
#include "store/sqlite_store.h"

namespace {

using namespace osbx;         // NOLINT(google-build-using-namespace): a program of one file
using namespace osbx::bench;  // NOLINT(google-build-using-namespace)

constexpr int kSandboxes = 1'000;
constexpr int kMounts = 200;
constexpr int kManySandboxes = 10'000;
constexpr int kStarts = 3;
constexpr auto kIdle = std::chrono::seconds(20);
constexpr auto kQuiet = std::chrono::seconds(3);
constexpr int kWriters = 64;  // they share the disk's syncs
constexpr const char* kSandboxList = "/apis/osbx.dev/v1/sandboxes";
constexpr const char* kInspect = "GET /containers/*/json";
constexpr auto kPatience = std::chrono::minutes(3);
constexpr const char* kMountList = "/apis/osbx.dev/v1/mounts";

struct World {
  int sandboxes = 0;
  int mounts = 0;
  std::string endpoint;  // of the object store
};

Json SandboxBody(int i, const World& world) {
  Json volumes = Json::array();
  if (world.mounts > 0) {
    volumes.push_back({{"name", "data"},
                       {"mountPath", "/mnt/data"},
                       {"subPath", "p" + std::to_string(i % world.mounts)},
                       {"ossfs",
                        {{"bucket", "demo"},
                         {"endpoint", world.endpoint},
                         {"credentialsRef", {{"name", "keys"}}}}}});
  }
  return {{"apiVersion", "osbx.dev/v1"},
          {"kind", "Sandbox"},
          {"metadata", {{"name", "s-" + std::to_string(i)}, {"labels", {{"app", "bench"}}}}},
          {"spec",
           {{"image", "busybox"},
            {"entrypoint", {"sleep", "infinity"}},
            {"env", {{{"name", "A"}, {"value", "1"}}, {{"name", "B"}, {"value", "2"}}}},
            {"volumes", volumes}}}};
}

// Writes the store that an osbxd would have left: sandboxes that run, and their mounts, not made.
class Populator {
 public:
  Populator(const Daemon& daemon, fakes::FakeDocker& engine)
      : engine_(engine),
        credentials_(Must(reconcilers::LoadInstallKey(daemon.Path("state/install.key")), "key")),
        store_(Must(store::SqliteStore::Open({.path = daemon.Path("state/osbx.db")}), "store")),
        registry_(*store_, RealClock()),
        writer_(registry_) {
    Must(registry_.EnsureNamespaces(), "namespaces");
    secret_ = std::make_shared<const api::v1::Secret>(Create<api::v1::Secret>(
        "secrets", {{"apiVersion", "v1"},
                    {"kind", "Secret"},
                    {"metadata", {{"name", "keys"}}},
                    {"stringData", {{"accessKeyId", "AK"}, {"accessKeySecret", "SK"}}}}));
  }

  void Fill(const World& world) {
    InParallel(kWriters, [&](int writer) {
      for (int i = writer; i < world.sandboxes; i += kWriters) AddSandbox(SandboxBody(i, world));
    });
  }

 private:
  template <class T>
  T Create(const char* plural, const Json& body) {
    const registry::Ref ref{.kind = api::FindKindByPlural(plural), .ns = "default", .name = ""};
    const auto made = Must(registry_.Create(ref, body, {}), plural);
    return Must(T::FromJson(*made->body), plural);
  }

  void AddSandbox(const Json& body) {
    auto sandbox = Create<api::v1::Sandbox>("sandboxes", body);
    const std::string& uid = sandbox.metadata.uid;
    auto& status = sandbox.status;
    status.container_id = engine_.AddContainer(
        "sandbox-" + uid, {{std::string(reconcilers::kUidLabel), uid},
                           {std::string(reconcilers::kNamespaceLabel), "default"},
                           {std::string(reconcilers::kNameLabel), sandbox.metadata.name}});
    status.phase = "Running";
    // The mounts are made after this; a container that is older than its mounts does not see them.
    status.started_at =
        std::chrono::floor<std::chrono::seconds>(RealClock().Now()) + std::chrono::hours(1);
    const reconcilers::VolumeLookups lookups{
        .volume = [](const std::string&) { return nullptr; },
        .secret = [this](const std::string&) { return secret_; }};
    for (const auto& volume : reconcilers::ResolveVolumes(sandbox, lookups, credentials_)) {
      status.volumes.push_back({.name = volume.name, .state = "Ready", .mount = volume.mount_name});
      if (!FirstOf(volume.mount_name)) continue;
      api::v1::Mount mount;
      mount.metadata.name = volume.mount_name;
      mount.spec = *volume.mount;
      Must(writer_.Create(mount), "mount");
    }
    Must(writer_.UpdateStatus(sandbox), "status");
  }

  bool FirstOf(const std::string& mount) {
    const std::lock_guard lock(mutex_);
    return mounts_.insert(mount).second;
  }

  fakes::FakeDocker& engine_;
  reconcilers::CredentialReader credentials_;
  std::unique_ptr<store::SqliteStore> store_;
  registry::Registry registry_;
  registry::Writer writer_;
  std::shared_ptr<const api::v1::Secret> secret_;
  std::mutex mutex_;
  std::set<std::string> mounts_;
};

// Every mount was proven by I/O by this run of osbxd, which is not one of `runs`.
bool Proven(const Json& list, const std::set<std::string>& runs) {
  return std::ranges::all_of(list["items"], [&](const Json& mount) {
    const Json run = mount.value("/status/provenBy"_json_pointer, Json());
    return run.is_string() && !runs.contains(run.get<std::string>());
  });
}

// Every sandbox says so: Ready, with all of its volumes.
bool Ready(const Json& list) {
  return std::ranges::all_of(list["items"], [](const Json& sandbox) {
    const Json& status = sandbox["status"];
    return std::ranges::any_of(status.value("conditions", Json::array()),
                               [](const Json& condition) {
                                 return condition["type"] == "Ready" &&
                                        condition["status"] == "True";
                               }) &&
           std::ranges::all_of(status.value("volumes", Json::array()),
                               [](const Json& volume) { return volume["state"] == "Ready"; });
  });
}

// An osbxd whose sandboxes run, over an engine that knows them.
class Host {
 public:
  Host(const std::string& directory, const World& world)
      : world_(world), daemon_(directory, engine_.Host()) {
    engine_.CheckBindSources(false);
    Populator(daemon_, engine_).Fill(world);
  }

  // Starts osbxd; milliseconds until all is confirmed. An old status proves nothing: this run must
  // have asked the engine for each container, proven each mount by I/O, and have no sandbox left to
  // look at when all say that they are ready.
  double Start() {
    const int asked = engine_.Requests(kInspect);
    const auto begin = Steady::now();
    daemon_.Start();
    Json mounts;
    daemon_.WaitUntil(
        kMountList,
        [&](const Json& list) {
          mounts = list;
          return engine_.Requests(kInspect) - asked >= world_.sandboxes && Proven(list, runs_);
        },
        begin);
    for (const char* controller : {"sandbox", "mount"}) {
      daemon_.WaitForMetric(R"(osbx_queue_depth{controller=")" + std::string(controller) + "\"}", 0,
                            begin);
    }
    const double took = daemon_.WaitUntil(kSandboxList, Ready, begin);
    if (!mounts["items"].empty()) runs_.insert(mounts["items"][0]["status"]["provenBy"]);
    return took;
  }
  void Stop() { daemon_.Stop(); }
  pid_t Pid() const { return daemon_.Pid(); }
  std::int64_t Revision() const {
    const Json list = daemon_.Get(std::string(kSandboxList) + "?limit=1");
    return std::stoll(list["metadata"]["resourceVersion"].get<std::string>());
  }

  // Until nothing has been written for a while. The revision then.
  std::int64_t Settle() const {
    const auto begin = Steady::now();
    std::int64_t revision = Revision();
    while (true) {
      std::this_thread::sleep_for(kQuiet);
      const std::int64_t now = Revision();
      if (now == revision) return now;
      if (Steady::now() - begin > kPatience) Fail("the store does not come to rest");
      revision = now;
    }
  }

 private:
  const World world_;
  fakes::FakeDocker engine_;
  Daemon daemon_;
  std::set<std::string> runs_;
};

void MeasureStartAndMemory(const std::string& directory) {
  const auto oss = Must(fakes::OssProcess::Start({}), "object store");
  Host host(directory, {.sandboxes = kSandboxes, .mounts = kMounts, .endpoint = oss->endpoint()});
  const double first = host.Start();  // makes the mounts
  std::vector<double> seconds;
  std::vector<double> cpu;
  std::vector<double> writes;
  for (int i = 0; i < kStarts; ++i) {
    const auto before = static_cast<double>(host.Settle());
    host.Stop();
    seconds.push_back(host.Start() / 1000);
    cpu.push_back(CpuSecondsOf(host.Pid()));
    writes.push_back(static_cast<double>(host.Settle()) - before);
  }
  Report("start_s", Median(seconds),
         "osbxd's own CPU " + Text(Median(cpu)) + " s, writes " + Text(Median(writes), 0) +
             "; 200 mounts made at first: " + Text(first / 1000) + " s");
  const Memory memory = MemoryOf(host.Pid());
  Report("memory_mb", memory.resident_mb,
         "of it " + Text(memory.anonymous_mb) + " MB allocated; with 200 mounts");
}

void MeasureIdle(const std::string& directory) {
  Host host(directory, {.sandboxes = kManySandboxes, .mounts = 0, .endpoint = ""});
  const double start = host.Start();
  const std::int64_t revision = host.Settle();
  const double begin = CpuSecondsOf(host.Pid());
  std::this_thread::sleep_for(kIdle);
  const double used = CpuSecondsOf(host.Pid()) - begin;
  if (host.Revision() != revision) Fail("osbxd was not idle");
  Report("idle_cpu_percent", used / std::chrono::duration<double>(kIdle).count() * 100,
         "start " + Text(start / 1000) + " s, resident " +
             Text(MemoryOf(host.Pid()).resident_mb, 0) + " MB");
}

void Measure(const std::filesystem::path& work) {
  MeasureStartAndMemory(work / "some");
  MeasureIdle(work / "many");
}

}  // namespace

int main(int argc, char** argv) {
  return Main(argc, argv, Measure);
}
