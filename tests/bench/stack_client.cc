// SPDX-License-Identifier: Apache-2.0
#include "bench/stack_client.h"

#include <nlohmann/json.hpp>

namespace osbx::bench {
namespace {

constexpr const char* kGroup = "/apis/osbx.dev/v1";
constexpr const char* kSandboxes = "/apis/osbx.dev/v1/namespaces/default/sandboxes";
constexpr const char* kSecret = "bench-keys";
constexpr auto kPatience = std::chrono::minutes(2);

bool IsReady(const Json& object) {
  const Json conditions = object.value("/status/conditions"_json_pointer, Json::array());
  return std::ranges::any_of(conditions, [](const Json& condition) {
    return condition["type"] == "Ready" && condition["status"] == "True";
  });
}

}  // namespace

client::RestClient StackClient::Open() const {
  client::ClientOptions options;
  options.server = Environment("OSBX_SERVER");
  options.token = Secret(Environment("OSBX_TOKEN"));
  return Must(client::RestClient::Open(std::move(options)), "OSBX_SERVER");
}

StackClient::StackClient() : client_(Open()) {
  for (const char* path : {kSandboxes, "/apis/osbx.dev/v1/mounts"}) {
    watchers_.emplace_back(
        [this, path](const std::stop_token& stop) { Watch(std::string(path) + "?watch=1", stop); });
  }
  Apply({{{"apiVersion", "v1"},
          {"kind", "Secret"},
          {"metadata", {{"name", kSecret}}},
          {"stringData",
           {{"accessKeyId", Environment("OSS_ACCESS_KEY_ID")},
            {"accessKeySecret", Environment("OSS_ACCESS_KEY_SECRET")}}}}});
}

StackClient::~StackClient() {
  for (std::jthread& watcher : watchers_) watcher.request_stop();
  watchers_.clear();
}

Json StackClient::Sandbox(const std::string& name, const std::vector<std::string>& prefixes) const {
  Json volumes = Json::array();
  for (const std::string& prefix : prefixes) {
    volumes.push_back({{"name", prefix},
                       {"mountPath", "/mnt/" + prefix},
                       {"subPath", prefix},
                       {"ossfs",
                        {{"bucket", Environment("OSS_BUCKET")},
                         {"endpoint", Environment("OSS_ENDPOINT")},
                         {"version", "2.0"},
                         {"credentialsRef", {{"name", kSecret}}}}}});
  }
  return {{"apiVersion", "osbx.dev/v1"},
          {"kind", "Sandbox"},
          {"metadata", {{"name", name}, {"namespace", "default"}}},
          {"spec",
           {{"image", Environment("SANDBOX_IMAGE")},
            {"entrypoint", {"sleep", "infinity"}},
            {"terminationGracePeriodSeconds", 0},
            {"volumes", volumes}}}};
}

void StackClient::Apply(const std::vector<Json>& objects) {
  Must(client_.Do({.method = "POST",
                   .path = std::string(kGroup) + "/batch?fieldManager=bench",
                   .body = Json{{"items", objects}}.dump()}),
       "apply");
}

double StackClient::ApplyAndWait(const std::vector<Json>& sandboxes) {
  const auto begin = Steady::now();
  Apply(sandboxes);
  Steady::time_point end = begin;
  WaitUntil(
      [&] {
        return std::ranges::all_of(sandboxes, [&](const Json& sandbox) {
          const auto seen = ready_.find(sandbox["metadata"]["name"]);
          if (seen == ready_.end()) return false;
          end = std::max(end, seen->second);
          return true;
        });
      },
      "sandboxes to be Ready");
  return std::chrono::duration<double, std::milli>(end - begin).count();
}

std::vector<double> StackClient::MountTimes() {
  const std::lock_guard lock(mutex_);
  std::vector<double> times;
  for (const auto& [name, seen] : mounts_) {
    if (seen.took >= 0) times.push_back(seen.took);
  }
  mounts_.clear();
  return times;
}

std::string StackClient::ContainerOf(const Json& sandbox) {
  const std::string name = sandbox["metadata"]["name"];
  const Json object = Must(client_.DoJson({.path = std::string(kSandboxes) + "/" + name}), name);
  return object["status"]["containerId"];
}

void StackClient::Delete(const Json& sandbox) {
  const std::string name = sandbox["metadata"]["name"];
  Must(client_.Do({.method = "DELETE", .path = std::string(kSandboxes) + "/" + name}), name);
  WaitUntil([&] { return !sandboxes_.contains(name); }, name + " to go");
}

void StackClient::DeleteAll() {
  Must(client_.Do({.method = "DELETE", .path = kSandboxes}), "delete all");
  WaitUntil([&] { return sandboxes_.empty() && live_mounts_.empty(); }, "everything to go");
  const std::lock_guard lock(mutex_);
  mounts_.clear();
}

void StackClient::WaitUntil(const std::function<bool()>& reached, const std::string& what) {
  std::unique_lock lock(mutex_);
  const bool woken =
      changed_.wait_for(lock, kPatience, [&] { return reached() || !watch_failure_.empty(); });
  if (!watch_failure_.empty()) Fail(watch_failure_);
  if (!woken) Fail("waited in vain for " + what);
}

void StackClient::Watch(const std::string& path, const std::stop_token& stop) {
  client::RestClient client = Open();
  const auto line = [this](std::string_view text) {
    const Json event = Json::parse(text, nullptr, false);
    if (event.is_object() && event["type"] != "BOOKMARK") Note(event["type"], event["object"]);
    return true;
  };
  const Result<> ended = client.StreamLines({.path = path}, line, stop);
  if (ended || stop.stop_requested()) return;
  const std::lock_guard lock(mutex_);
  watch_failure_ = "watch: " + ended.error().ToString();
  changed_.notify_all();
}

void StackClient::Note(const std::string& type, const Json& object) {
  const auto now = Steady::now();
  const std::string name = object["metadata"]["name"];
  const std::lock_guard lock(mutex_);
  if (object["kind"] == "Mount") {
    MountSeen& seen = mounts_.try_emplace(name, MountSeen{.begin = now}).first->second;
    const Json phase = object.value("/status/phase"_json_pointer, Json());
    if (phase == "Mounted" && seen.took < 0) seen.took = MillisecondsSince(seen.begin);
    if (type == "DELETED") {
      live_mounts_.erase(name);
    } else {
      live_mounts_.insert(name);
    }
  } else if (type == "DELETED") {
    sandboxes_.erase(name);
    ready_.erase(name);
  } else {
    sandboxes_.insert(name);
    if (IsReady(object)) ready_.try_emplace(name, now);
  }
  changed_.notify_all();
}

}  // namespace osbx::bench
