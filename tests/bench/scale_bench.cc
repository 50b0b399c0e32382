// SPDX-License-Identifier: Apache-2.0
// The real osbxd with many sandboxes, over a fake engine in this process: 1,000 that share 200 real
// FUSE mounts (start until all are confirmed, memory), and 10,000 without volumes (idle CPU).
#include <algorithm>
#include <filesystem>
#include <map>
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
constexpr auto kSettle = std::chrono::seconds(3);
constexpr const char* kSandboxList = "/apis/osbx.dev/v1/sandboxes";
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
        install_key_(Must(reconcilers::LoadInstallKey(daemon.Path("state/install.key")), "key")),
        store_(Must(store::SqliteStore::Open({.path = daemon.Path("state/osbx.db")}), "store")),
        registry_(*store_, RealClock()),
        writer_(registry_) {
    Must(registry_.EnsureNamespaces(), "namespaces");
    secret_ = Create<api::v1::Secret>(
        "secrets", {{"apiVersion", "v1"},
                    {"kind", "Secret"},
                    {"metadata", {{"name", "keys"}}},
                    {"stringData", {{"accessKeyId", "AK"}, {"accessKeySecret", "SK"}}}});
  }

  void Fill(const World& world) {
    for (int i = 0; i < world.sandboxes; ++i) AddSandbox(SandboxBody(i, world));
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
    status.started_at = std::chrono::floor<std::chrono::seconds>(RealClock().Now());
    const reconcilers::VolumeLookups lookups{
        .volume = [](const std::string&) { return nullptr; },
        .secret =
            [this](const std::string&) {
              return std::make_shared<const api::v1::Secret>(secret_);
            }};
    for (const auto& volume : reconcilers::ResolveVolumes(sandbox, lookups, install_key_)) {
      status.volumes.push_back({.name = volume.name, .state = "Ready", .mount = volume.mount_name});
      if (!mounts_.insert(volume.mount_name).second) continue;
      api::v1::Mount mount;
      mount.metadata.name = volume.mount_name;
      mount.spec = *volume.mount;
      Must(writer_.Create(mount), "mount");
    }
    Must(writer_.UpdateStatus(sandbox), "status");
  }

  fakes::FakeDocker& engine_;
  Secret install_key_;
  std::unique_ptr<store::SqliteStore> store_;
  registry::Registry registry_;
  registry::Writer writer_;
  api::v1::Secret secret_;
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
bool Confirmed(const Json& list) {
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

// Starts osbxd and waits until all is confirmed; remembers the run.
double TimeStart(Daemon& daemon, std::set<std::string>& runs) {
  const auto begin = Steady::now();
  daemon.Start();
  Json mounts;
  daemon.WaitUntil(
      kMountList,
      [&](const Json& list) {
        mounts = list;
        return Proven(list, runs);
      },
      begin);
  const double took = daemon.WaitUntil(kSandboxList, Confirmed, begin);
  if (!mounts["items"].empty()) runs.insert(mounts["items"][0]["status"]["provenBy"]);
  return took;
}

void MeasureStartAndMemory(const std::string& directory) {
  fakes::FakeDocker engine;
  engine.CheckBindSources(false);
  const auto oss = Must(fakes::OssProcess::Start({}), "object store");
  Daemon daemon(directory, engine.Host());
  Populator(daemon, engine)
      .Fill({.sandboxes = kSandboxes, .mounts = kMounts, .endpoint = oss->endpoint()});
  std::set<std::string> runs;
  const double first = TimeStart(daemon, runs);  // makes the mounts
  std::vector<double> seconds;
  std::vector<double> cpu;
  for (int i = 0; i < kStarts; ++i) {
    daemon.Stop();
    seconds.push_back(TimeStart(daemon, runs) / 1000);
    cpu.push_back(CpuSecondsOf(daemon.Pid()));
  }
  Report("start_s", Median(seconds),
         "osbxd's own CPU " + Text(Median(cpu)) +
             " s; 200 mounts made at first: " + Text(first / 1000) + " s");
  std::this_thread::sleep_for(kSettle);
  const Memory memory = MemoryOf(daemon.Pid());
  Report("memory_mb", memory.resident_mb,
         "of it " + Text(memory.anonymous_mb) + " MB allocated; with 200 mounts");
}

void MeasureIdle(const std::string& directory) {
  fakes::FakeDocker engine;
  Daemon daemon(directory, engine.Host());
  Populator(daemon, engine).Fill({.sandboxes = kManySandboxes, .mounts = 0, .endpoint = ""});
  std::set<std::string> runs;
  const double start = TimeStart(daemon, runs);
  std::this_thread::sleep_for(kSettle);
  const double begin = CpuSecondsOf(daemon.Pid());
  std::this_thread::sleep_for(kIdle);
  const double used = CpuSecondsOf(daemon.Pid()) - begin;
  Report("idle_cpu_percent", used / std::chrono::duration<double>(kIdle).count() * 100,
         "start " + Text(start / 1000) + " s, resident " +
             Text(MemoryOf(daemon.Pid()).resident_mb, 0) + " MB");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) Fail("usage: scale_bench WORK_DIR");
  const std::filesystem::path work = argv[1];
  MeasureStartAndMemory(work / "some");
  MeasureIdle(work / "many");
  return 0;
}
