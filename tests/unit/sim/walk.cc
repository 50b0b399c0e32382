// SPDX-License-Identifier: Apache-2.0
#include "walk.h"

#include <algorithm>
#include <array>
#include <numeric>

#include <nlohmann/json.hpp>

namespace osbx::sim {
namespace {

using std::chrono::seconds;

constexpr int kNames = 5;
constexpr int kMostWork = 4'000;                    // in a row: more means that it never rests
constexpr Duration kPeace = std::chrono::hours(1);  // longer than any back-off and grace
constexpr Duration kStride = seconds(20);

class Walker {
 public:
  Walker(std::uint64_t seed, Walked& out) : random_(seed), checks_(world_), out_(out) {
    world_.engine.AddPullable("pull:1");
    world_.engine.AddDenied("denied:1");
    Note("create the keys",
         world_.Create("secrets",
                       {{"apiVersion", "v1"},
                        {"kind", "Secret"},
                        {"metadata", {{"name", "keys"}}},
                        {"stringData", {{"accessKeyId", "AK"}, {"accessKeySecret", "SK"}}}}));
    world_.Connect();
  }

  void Run(int steps) {
    for (step_ = 0; step_ < steps && out_.violations.empty(); ++step_) {
      Step();
      world_.clock.Advance(std::chrono::milliseconds(1 + Pick(20)));
      checks_.AfterStep();
      TakeViolations();
    }
    if (!out_.violations.empty()) return;
    Note("peace");
    Rest();
    checks_.AtRest();
    TakeViolations();
    for (const auto& sandbox : world_.Sandboxes()) {
      Note("  " + sandbox.metadata.name + " " + sandbox.status.phase + " " + sandbox.status.reason);
    }
    out_.counts = std::to_string(checks_.starts()) + " starts, " +
                  std::to_string(checks_.unmounts()) + " unmounts";
  }

 private:
  int Pick(int below) { return static_cast<int>(random_() % static_cast<std::uint64_t>(below)); }
  bool Chance(int percent) { return Pick(100) < percent; }
  std::string Name(const char* stem, int count) { return stem + std::to_string(Pick(count)); }

  void Note(std::string line) { out_.trace.push_back(std::move(line)); }
  void Note(std::string line, const Result<>& result) {
    Note(std::move(line) + (result ? "" : " -> " + std::string(CodeName(result.error().code()))));
  }
  void TakeViolations() {
    for (const std::string& what : checks_.violations()) {
      if (std::ranges::find(out_.violations, what) == out_.violations.end()) {
        out_.violations.push_back(what);
      }
    }
  }

  void Step() {
    if (down_ && Chance(15)) return Engine();
    struct Choice {
      int weight;
      void (Walker::*act)();
    };
    static constexpr std::array kChoices{
        Choice{55, &Walker::Work},         Choice{12, &Walker::Hear},
        Choice{12, &Walker::Apply},        Choice{5, &Walker::Remove},
        Choice{4, &Walker::Edit},          Choice{3, &Walker::ChangeVolume},
        Choice{4, &Walker::HarmContainer}, Choice{3, &Walker::HarmMount},
        Choice{4, &Walker::Fault},         Choice{2, &Walker::Engine},
        Choice{5, &Walker::LetTimePass},   Choice{2, &Walker::Restart},
    };
    int left =
        Pick(std::accumulate(kChoices.begin(), kChoices.end(), 0,
                             [](int sum, const Choice& choice) { return sum + choice.weight; }));
    for (const Choice& choice : kChoices) {
      if ((left -= choice.weight) < 0) return (this->*choice.act)();
    }
  }

  // One key or operation, wherever something is due.
  bool WorkOnce() {
    const int first = Pick(static_cast<int>(world_.Places()));
    for (std::size_t i = 0; i < world_.Places(); ++i) {
      const std::size_t place = (static_cast<std::size_t>(first) + i) % world_.Places();
      if (world_.RunOne(place)) return true;
    }
    return false;
  }
  void Work() {
    int done = 0;
    for (int count = 1 + Pick(15); done < count && WorkOnce(); ++done) {
    }
    Note("work " + std::to_string(done));
  }
  void Hear() {
    if (!world_.connected() && Chance(70)) {
      world_.Connect();
      return Note(std::string("connect: ") + (world_.connected() ? "yes" : "no"));
    }
    if (Chance(20)) {
      world_.LookAtMounts();
      return Note("look at the mounts");
    }
    Note(world_.Deliver(static_cast<std::size_t>(1 + Pick(5))) ? "hear events" : "hear nothing");
  }

  Json RandomVolume(int number) {
    Json volume{{"name", "v" + std::to_string(number)},
                {"mountPath", "/mnt/v" + std::to_string(number)}};
    switch (Pick(5)) {
      case 0:
        volume["volumeRef"] = {{"name", Name("vol", 2)}};
        break;
      case 1:
        volume["pvc"] = {{"claimName", Name("claim", 2)}, {"deleteOnSandboxTermination", true}};
        break;
      default:
        volume["ossfs"] = {{"bucket", "demo"},
                           {"endpoint", "https://oss-cn-hangzhou.aliyuncs.com"},
                           {"prefix", Name("p", 3)},
                           {"credentialsRef", {{"name", "keys"}}}};
    }
    return volume;
  }

  void Apply() {
    static constexpr std::array kImages{"busybox", "busybox", "busybox", "busybox",
                                        "busybox", "pull:1",  "pull:1",  "denied:1"};
    static constexpr std::array kRestarts{"Never", "OnFailure", "Always"};
    const std::string name = Name("s", kNames);
    Json spec{{"image", kImages.at(static_cast<std::size_t>(Pick(kImages.size())))},
              {"entrypoint", {"sleep", "infinity"}},
              {"restartPolicy", kRestarts.at(static_cast<std::size_t>(Pick(kRestarts.size())))},
              {"startPolicy", Chance(30) ? "FailFast" : "Retry"},
              {"volumes", Json::array()}};
    for (int i = 0; i < Pick(3); ++i) spec["volumes"].push_back(RandomVolume(i));
    if (Chance(15)) spec["timeoutSeconds"] = 30 + Pick(300);
    Note("create " + name, world_.Create("sandboxes", {{"apiVersion", "osbx.dev/v1"},
                                                       {"kind", "Sandbox"},
                                                       {"metadata", {{"name", name}}},
                                                       {"spec", std::move(spec)}}));
  }
  void Remove() {
    const std::string name = Name("s", kNames);
    Note("delete " + name, world_.Delete("sandboxes", name));
    if (!Chance(35)) return;
    // As `kubectl delete --force` of the impatient: the record goes, its container stays behind.
    Note("drop the finalizers of " + name,
         world_.Patch(name, {{"metadata", {{"finalizers", nullptr}}}}));
  }
  void Edit() {
    const std::string name = Name("s", kNames);
    Json spec = Json::object();
    if (Chance(60)) {
      spec["paused"] = Chance(50);
    } else {
      spec["resources"]["limits"]["memory"] = std::to_string(64 << Pick(3)) + "Mi";
    }
    Note("edit " + name + " " + spec.dump(), world_.Patch(name, {{"spec", spec}}));
  }
  void ChangeVolume() {
    const std::string name = Name("vol", 2);
    if (Chance(40)) return Note("delete " + name, world_.Delete("volumes", name));
    Note("create " + name,
         world_.Create("volumes", {{"apiVersion", "osbx.dev/v1"},
                                   {"kind", "Volume"},
                                   {"metadata", {{"name", name}}},
                                   {"spec",
                                    {{"ossfs",
                                      {{"bucket", "demo"},
                                       {"endpoint", "https://oss-cn-hangzhou.aliyuncs.com"},
                                       {"prefix", Name("p", 3)},
                                       {"credentialsRef", {{"name", "keys"}}}}}}}}));
  }

  void HarmContainer() {
    const auto containers = SortedContainers();
    if (containers.empty()) return Note("no container to harm");
    const auto& victim =
        containers[static_cast<std::size_t>(Pick(static_cast<int>(containers.size())))];
    const auto label = [&victim](std::string_view key) {
      return victim.labels.at(std::string(key));
    };
    checks_.Harmed(label(reconcilers::kUidLabel));
    const std::string name = label(reconcilers::kNameLabel);
    if (Chance(50)) {
      world_.engine.RemoveContainer(victim.id);
      return Note("somebody removes the container of " + name);
    }
    const int code = Chance(50) ? 0 : 137;
    world_.engine.ExitContainer(victim.id, code);
    Note("the process of " + name + " ends with " + std::to_string(code));
  }
  // By the names of their sandboxes: ids differ from run to run.
  std::vector<docker::ContainerSummary> SortedContainers() const {
    auto containers = world_.Containers();
    const std::string key(reconcilers::kNameLabel);
    std::ranges::stable_sort(containers, {}, [&key](const docker::ContainerSummary& container) {
      return container.labels.at(key);
    });
    return containers;
  }

  void HarmMount() {
    auto& mounts = world_.kernel.mounts;
    if (mounts.empty()) return Note("no mount to harm");
    auto victim = mounts.begin();
    std::advance(victim, Pick(static_cast<int>(mounts.size())));
    checks_.Dropped(victim->first);
    if (Chance(50)) {
      victim->second.alive = false;
      return Note("the server of " + victim->first + " dies");
    }
    Note("somebody unmounts " + victim->first);
    mounts.erase(victim);
  }

  void Fault() {
    static constexpr std::array kRoutes{
        "POST /containers/create", "POST /containers/*/start", "DELETE /containers/*",
        "GET /containers/*/json",  "GET /containers/json",     "POST /images/create",
        "POST /containers/*/stop", "POST /containers/*/pause", "POST /containers/*/update"};
    if (Chance(30)) {
      int& faults = Chance(50) ? world_.kernel.failing_mounts : world_.kernel.lost_answers;
      faults += 1 + Pick(2);
      return Note("mounting will fail");
    }
    const char* route = kRoutes.at(static_cast<std::size_t>(Pick(kRoutes.size())));
    if (Chance(50)) {
      world_.engine.FailNext(route, 500, 1);
      return Note(std::string("the engine will fail ") + route);
    }
    const bool done = Chance(60);
    world_.engine.DropConnection(route, done ? fakes::Effect::kDone : fakes::Effect::kNone);
    Note(std::string("an answer will be lost to ") + route + (done ? ", done" : ", not done"));
  }

  void Engine() {
    if (down_ || Chance(50)) {
      down_ = !down_;
      world_.engine.SetDown(down_);
      if (down_ && world_.connected()) world_.Disconnect();
      return Note(down_ ? "the engine is down" : "the engine is up");
    }
    if (world_.connected()) world_.Disconnect();
    Note("the event stream breaks");
  }
  void LetTimePass() {
    const int seconds_passed = 1 + Pick(90);
    world_.clock.Advance(seconds(seconds_passed));
    Note(std::to_string(seconds_passed) + " s pass");
  }
  void Restart() {
    world_.Restart();
    Note("osbxd is killed and starts again");
  }

  // No more harm: everything is heard and done until an hour passes without news.
  void Rest() {
    world_.engine.ClearFaults();
    world_.kernel.failing_mounts = world_.kernel.lost_answers = 0;
    if (down_) world_.engine.SetDown(false);
    for (Duration passed{0}; passed < kPeace; passed += kStride) {
      int work = 0;
      bool news = true;
      while (news && work < kMostWork) {
        if (!world_.connected()) world_.Connect();
        news = world_.Deliver(1000);
        world_.LookAtMounts();
        while (work < kMostWork && WorkOnce()) {
          ++work;
          news = true;
        }
        checks_.AfterStep();
      }
      if (work == kMostWork) out_.violations.emplace_back("it never comes to rest");
      if (!out_.violations.empty()) return;
      world_.clock.Advance(kStride);
    }
  }

  std::mt19937_64 random_;
  World world_;
  Checks checks_;
  Walked& out_;
  int step_ = 0;
  bool down_ = false;
};

}  // namespace

Walked Walk(std::uint64_t seed, int steps) {
  Walked out;
  Walker(seed, out).Run(steps);
  return out;
}

}  // namespace osbx::sim
