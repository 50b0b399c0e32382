// SPDX-License-Identifier: Apache-2.0
// What the fake engine shows: inspect, list, and the routing of container requests.
#include <utility>

#include "base/ids.h"
#include "fakes/fake_docker/engine.h"

namespace osbx::fakes::docker {
namespace {

const std::set<std::string> kListFilters = {"id",     "label",   "name",      "status",  "exited",
                                            "before", "since",   "volume",    "network", "ancestor",
                                            "health", "is-task", "isolation", "publish", "expose"};

std::string NetworkNameOf(const Container& container) {
  const std::string mode = container.host.value("NetworkMode", std::string());
  return mode == "default" ? "bridge" : mode;
}

Json NetworksOf(const Container& container) {
  const std::string network = NetworkNameOf(container);
  if (network.rfind("container:", 0) == 0) return Json::object();
  return {{network, {{"IPAddress", container.address}}}};
}

bool RowMatches(const FilterMap& filters, const Container& container) {
  for (const auto& [key, wanted] : filters) {
    if (wanted.empty()) continue;
    if (key == "label" && !LabelsMatch(wanted, container.labels)) return false;
    if (key == "status" && wanted.count(container.status) == 0) return false;
    if (key == "id" && wanted.count(container.id) == 0) return false;
    if (key == "name") {
      bool found = false;
      for (const std::string& part : wanted) {
        found = found || ("/" + container.name).find(part) != std::string::npos;
      }
      if (!found) return false;
    }
  }
  return true;
}

}  // namespace

const std::map<std::string, Engine::Verb>& Engine::Verbs() {
  static const std::map<std::string, Verb> verbs = {
      {"POST start", &Engine::Start},     {"POST stop", &Engine::Stop},
      {"POST kill", &Engine::Kill},       {"POST pause", &Engine::Pause},
      {"POST unpause", &Engine::Unpause}, {"POST rename", &Engine::Rename},
      {"POST update", &Engine::Update},   {"POST exec", &Engine::CreateExec},
      {"GET stats", &Engine::Stats},      {"DELETE ", &Engine::Delete}};
  return verbs;
}

HttpReply Engine::Containers(const HttpRequest& request) {
  const auto& path = request.segments;
  const std::lock_guard lock(mutex_);
  if (path.size() == 2 && request.method == "GET" && path[1] == "json") return List(request);
  if (path.size() == 2 && request.method == "POST" && path[1] == "create") return Create(request);
  if (path.size() < 2) return Refusal(404, "page not found");
  if (request.method == "POST" && path.size() == 3 && path[2] == "rename" &&
      request.Query("name").empty()) {
    return Refusal(400, "Neither old nor new names may be empty");
  }
  const std::string verb = path.size() > 2 ? path[2] : "";
  // The engine reads the signal before it looks for the container.
  if (verb == "kill" && SignalNumber(request.Query("signal")) == 0) {
    return Refusal(400, "Invalid signal: " + request.Query("signal"));
  }
  Container* container = Find(path[1]);
  if (container == nullptr) return Refusal(404, "No such container: " + path[1]);
  if (request.method == "GET" && verb == "json") return JsonReply(200, Inspect(*container));
  const auto found = Verbs().find(request.method + " " + verb);
  if (found == Verbs().end()) return Refusal(404, "page not found");
  return (this->*found->second)(*container, request);
}

HttpReply Engine::List(const HttpRequest& request) {
  const auto filters = ParseFilters(request.Query("filters"));
  if (!filters) return Refusal(400, "invalid filters");
  for (const auto& [key, wanted] : *filters) {
    if (kListFilters.count(key) == 0) return Refusal(400, "Invalid filter '" + key + "'");
  }
  // A filter by status implies all.
  const bool all = request.Flag("all") || filters->count("status") != 0;
  std::string body = "[";
  for (const auto& [id, container] : containers_) {
    if (!all && !container->Alive()) continue;
    if (!RowMatches(*filters, *container)) continue;
    if (body.size() > 1) body += ',';
    body += Row(*container);
  }
  return {200, body + "]\n"};
}

const std::string& Engine::Row(Container& container) const {
  if (!container.row.empty()) return container.row;
  const auto created =
      std::chrono::duration_cast<std::chrono::seconds>(container.created_at.time_since_epoch());
  Json ports = Json::array();
  container.row =
      Json{{"Id", container.id},
           {"Names", {"/" + container.name}},
           {"Image", container.image},
           {"ImageID", container.image_id},
           {"Created", created.count()},
           {"Ports", std::move(ports)},
           {"Labels", container.labels},
           {"State", container.status},
           {"HostConfig", {{"NetworkMode", container.host.value("NetworkMode", std::string())}}},
           {"NetworkSettings", {{"Networks", NetworksOf(container)}}},
           {"Mounts", container.mounts}}
          .dump(-1, ' ', false, Json::error_handler_t::replace);
  return container.row;
}

Json Engine::Inspect(const Container& container) const {
  Json config = container.config;
  config["Image"] = container.image;
  config["Labels"] = container.labels;
  return {{"Id", container.id},
          {"Created", EngineTime(container.created_at)},
          {"State",
           {{"Status", container.status},
            {"Running", container.Alive()},
            {"Paused", container.status == "paused"},
            {"Restarting", false},
            {"OOMKilled", container.oom},
            {"Dead", false},
            {"Pid", container.pid},
            {"ExitCode", container.exit_code},
            {"Error", container.error},
            {"StartedAt", EngineTime(container.started_at)},
            {"FinishedAt", EngineTime(container.finished_at)}}},
          {"Image", container.image_id},
          {"Name", "/" + container.name},
          {"RestartCount", 0},
          {"Platform", "linux"},
          {"HostConfig", container.host},
          {"Mounts", container.mounts},
          {"Config", std::move(config)},
          {"NetworkSettings", {{"Ports", container.ports}, {"Networks", NetworksOf(container)}}}};
}

Json Engine::MountsOf(const Json& host) {
  Json mounts = Json::array();
  for (const Json& spec : host.value("Mounts", Json::array())) {
    const std::string type = spec.value("Type", std::string());
    const std::string source = spec.value("Source", std::string());
    Json mount = {{"Type", type},
                  {"Source", type == "tmpfs" ? std::string() : source},
                  {"Destination", spec.value("Target", std::string())},
                  {"Mode", ""},
                  {"RW", !spec.value("ReadOnly", false)},
                  {"Propagation", ""}};
    if (type == "bind") {
      mount["Propagation"] =
          spec.value("BindOptions", Json::object()).value("Propagation", std::string("rprivate"));
    }
    if (type == "volume") {
      const std::string name = source.empty() ? RandomHex(32) : source;
      if (volumes_.count(name) == 0) {
        volumes_[name] = {{"Name", name},
                          {"Driver", "local"},
                          {"Mountpoint", "/var/lib/docker/volumes/" + name + "/_data"},
                          {"Labels", nullptr},
                          {"Options", nullptr},
                          {"Scope", "local"}};
        Record("volume", "create", name, {{"driver", "local"}});
      }
      mount["Name"] = name;
      mount["Source"] = volumes_[name]["Mountpoint"];
    }
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

}  // namespace osbx::fakes::docker
