// SPDX-License-Identifier: Apache-2.0
// Containers of the fake engine: life cycle, with the statuses of Docker 20.10.24.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/ids.h"
#include "fakes/fake_docker/engine.h"

namespace osbx::fakes::docker {
namespace {

constexpr std::int64_t kLeastMemory = std::int64_t{6} << 20;
constexpr std::array<std::pair<const char*, int>, 8> kSignals = {{{"HUP", 1},
                                                                  {"INT", 2},
                                                                  {"QUIT", 3},
                                                                  {"KILL", 9},
                                                                  {"USR1", 10},
                                                                  {"USR2", 12},
                                                                  {"TERM", 15},
                                                                  {"STOP", 19}}};

bool ValidName(const std::string& name) {
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return name.size() > 1 && alphanumeric(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

HttpReply InvalidName(const std::string& name) {
  return Refusal(
      400, "Invalid container name (" + name + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
}

HttpReply NameTaken(const std::string& name, const std::string& id) {
  return Refusal(409, "Conflict. The container name \"/" + name +
                          "\" is already in use by container \"" + id +
                          "\". You have to remove (or rename) that container to be able to reuse "
                          "that name.");
}

HttpReply NotRunning(const Container& container) {
  return Refusal(409, "Container " + container.id + " is not running");
}

std::vector<std::string> Strings(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return {};
  return found->get<std::vector<std::string>>();
}

}  // namespace

int SignalNumber(std::string name) {
  if (name.empty()) return 9;
  if (name.rfind("SIG", 0) == 0) name.erase(0, 3);
  for (const auto& [known, number] : kSignals) {
    if (name == known) return number;
  }
  const int number = std::atoi(name.c_str());
  return number > 0 && number < 65 ? number : 0;
}

std::optional<HttpReply> Engine::RefuseHost(const Json& host) const {
  const auto memory = host.value("Memory", std::int64_t{0});
  if (memory != 0 && memory < kLeastMemory) {
    return Refusal(400, "Minimum memory limit allowed is 6MB");
  }
  const std::string mode = host.value("NetworkMode", std::string());
  if (mode.rfind("container:", 0) == 0 && !host.value("PortBindings", Json::object()).empty()) {
    return Refusal(400, "conflicting options: port publishing and the container type network mode");
  }
  for (const Json& mount : host.value("Mounts", Json::array())) {
    const std::string target = mount.value("Target", std::string());
    if (target.empty() || target[0] != '/') {
      return Refusal(400, "invalid mount config: invalid mount path: '" + target +
                              "' mount path must be absolute");
    }
    const std::string source = mount.value("Source", std::string());
    std::error_code ignored;
    if (check_bind_sources_ && mount.value("Type", std::string()) == "bind" &&
        !std::filesystem::exists(source, ignored)) {
      return Refusal(
          400,
          "invalid mount config for type \"bind\": bind source path does not exist: " + source);
    }
  }
  return std::nullopt;
}

HttpReply Engine::Create(const HttpRequest& request) {
  Json body = Json::parse(request.body, nullptr, false);
  if (!body.is_object()) return Refusal(500, "unexpected EOF");
  created_bodies_.push_back(request.body);
  std::string name = request.Query("name");
  if (!name.empty() && !ValidName(name)) return InvalidName(name);
  const std::string reference = body.value("Image", std::string());
  if (reference.empty()) return Refusal(400, "No command specified");
  const Image* image = FindImage(reference);
  if (image == nullptr) return Refusal(404, "No such image: " + NormalReference(reference));
  Json host = body.value("HostConfig", Json::object());
  body.erase("HostConfig");
  if (auto refusal = RefuseHost(host)) return *refusal;
  if (const auto taken = names_.find(name); !name.empty() && taken != names_.end()) {
    return NameTaken(name, taken->second);
  }

  auto container = std::make_unique<Container>();
  container->id = RandomHex(32);
  container->name = name.empty() ? "fake_" + container->id.substr(0, 12) : std::move(name);
  container->image = reference;
  container->image_id = image->id;
  container->labels = body.value("Labels", StringMap());
  container->tty = body.value("Tty", false);
  if (Strings(body, "Cmd").empty() && Strings(body, "Entrypoint").empty()) {
    body["Cmd"] = image->shape.cmd;
    body["Entrypoint"] = image->shape.entrypoint;
  }
  container->mounts = MountsOf(host);
  if (host.value("NetworkMode", std::string()).empty()) host["NetworkMode"] = "default";
  container->config = std::move(body);
  container->host = std::move(host);
  container->created_at = clock_.Now();
  Container& created = *container;
  names_[created.name] = created.id;
  containers_[created.id] = std::move(container);
  Changed(created, "create");
  return JsonReply(201, {{"Id", created.id}, {"Warnings", Json::array()}});
}

std::optional<HttpReply> Engine::JoinNetwork(Container& container) {
  constexpr std::string_view kContainer = "container:";
  const std::string mode = container.host.value("NetworkMode", std::string());
  if (mode.rfind(kContainer, 0) == 0) {
    const std::string id = mode.substr(kContainer.size());
    const Container* other = Find(id);
    if (other == nullptr) return Refusal(404, "No such container: " + id);
    if (other->Alive()) return std::nullopt;
    return Refusal(409, "cannot join network of a non running container: " + other->id);
  }
  const std::string network = mode == "default" ? "bridge" : mode;
  if (networks_.count(network) == 0) return Refusal(404, "network " + network + " not found");
  if (network == "none" || network == "host") return std::nullopt;
  container.address = "172.17." + std::to_string(next_address_ / 256 % 256) + "." +
                      std::to_string(next_address_ % 256);
  ++next_address_;
  container.ports = Json::object();
  const Json exposed = container.config.value("ExposedPorts", Json::object());
  const Json bindings = container.host.value("PortBindings", Json::object());
  for (const auto& [key, unused] : exposed.items()) container.ports[key] = nullptr;
  for (const auto& [key, list] : bindings.items()) {
    container.ports[key] = Json::array();
    for (const Json& binding : list) {
      std::string host_ip = binding.value("HostIp", std::string());
      std::string host_port = binding.value("HostPort", std::string());
      if (host_ip.empty()) host_ip = "0.0.0.0";
      if (host_port.empty() || host_port == "0") host_port = std::to_string(next_port_++);
      container.ports[key].push_back({{"HostIp", host_ip}, {"HostPort", host_port}});
    }
  }
  return std::nullopt;
}

void Engine::Run(Container& container) {
  container.status = "running";
  container.pid = next_pid_++;
  container.exit_code = 0;
  container.oom = false;
  container.error.clear();
  container.started_at = clock_.Now();
  Changed(container, "start");
  std::vector<std::string> argv = Strings(container.config, "Entrypoint");
  for (std::string& word : Strings(container.config, "Cmd")) argv.push_back(std::move(word));
  const Script script = Interpret(argv);
  for (const Output& output : script.output) {
    const bool to_stderr = output.to_stderr && !container.tty;
    container.logs.push_back({clock_.Now(), to_stderr, output.text});
  }
  if (script.exit_code) Die(container, *script.exit_code, false);
}

HttpReply Engine::Start(Container& container, const HttpRequest& /*request*/) {
  if (container.status == "paused") {
    return Refusal(409, "cannot start a paused container, try unpause instead");
  }
  if (container.status == "running") return {304, ""};
  if (auto refusal = JoinNetwork(container)) {
    container.exit_code = 128;
    container.error = Json::parse(refusal->body).value("message", std::string());
    return *refusal;
  }
  Run(container);
  return {204, ""};
}

HttpReply Engine::Stop(Container& container, const HttpRequest& /*request*/) {
  if (!container.Alive()) return {304, ""};
  Changed(container, "kill", {{"signal", "15"}});
  if (!honour_term_) Changed(container, "kill", {{"signal", "9"}});
  Die(container, honour_term_ ? 143 : 137, false);
  Changed(container, "stop");
  return {204, ""};
}

HttpReply Engine::Kill(Container& container, const HttpRequest& request) {
  const int signal = SignalNumber(request.Query("signal"));
  if (!container.Alive()) {
    return Refusal(409, "Cannot kill container: " + request.segments[1] + ": Container " +
                            container.id + " is not running");
  }
  // The engine lets a paused container go on, so that it sees the signal.
  const bool was_paused = std::exchange(container.status, "running") == "paused";
  Changed(container, "kill", {{"signal", std::to_string(signal)}});
  if (was_paused) Changed(container, "unpause");
  if (signal == 9 || (signal == 15 && honour_term_)) Die(container, 128 + signal, false);
  return {204, ""};
}

HttpReply Engine::Pause(Container& container, const HttpRequest& /*request*/) {
  if (!container.Alive()) return NotRunning(container);
  if (container.status == "paused") {
    return Refusal(409, "Container " + container.id + " is already paused");
  }
  container.status = "paused";
  Changed(container, "pause");
  return {204, ""};
}

HttpReply Engine::Unpause(Container& container, const HttpRequest& /*request*/) {
  if (container.status != "paused") {
    return Refusal(500, "Container " + container.id + " is not paused");
  }
  container.status = "running";
  Changed(container, "unpause");
  return {204, ""};
}

HttpReply Engine::Rename(Container& container, const HttpRequest& request) {
  const std::string name = request.Query("name");
  if (name.empty()) return Refusal(400, "Neither old nor new names may be empty");
  if (name == container.name) {
    return Refusal(400, "Renaming a container with the same name as its current name");
  }
  if (!ValidName(name)) return InvalidName(name);
  if (const auto taken = names_.find(name); taken != names_.end()) {
    return NameTaken(name, taken->second);
  }
  const std::string old_name = std::exchange(container.name, name);
  names_.erase(old_name);
  names_[name] = container.id;
  Changed(container, "rename", {{"oldName", "/" + old_name}});
  return {204, ""};
}

HttpReply Engine::Update(Container& container, const HttpRequest& request) {
  const Json body = Json::parse(request.body, nullptr, false);
  if (!body.is_object()) return Refusal(500, "unexpected EOF");
  const auto memory = body.value("Memory", std::int64_t{0});
  if (memory != 0 && memory < kLeastMemory) {
    return Refusal(400, "Minimum memory limit allowed is 6MB");
  }
  const auto swap = container.host.value("MemorySwap", std::int64_t{0});
  if (memory > swap && swap > 0 && body.value("MemorySwap", std::int64_t{0}) == 0) {
    return Refusal(409,
                   "Memory limit should be smaller than already set memoryswap limit, update "
                   "the memoryswap at the same time");
  }
  for (const char* key : {"Memory", "MemorySwap", "NanoCpus", "PidsLimit"}) {
    if (body.contains(key)) container.host[key] = body[key];
  }
  Changed(container, "update");
  return JsonReply(200, {{"Warnings", nullptr}});
}

HttpReply Engine::Stats(Container& container, const HttpRequest& /*request*/) {
  if (!container.Alive()) {
    return JsonReply(200, {{"pids_stats", Json::object()}, {"memory_stats", Json::object()}});
  }
  return JsonReply(
      200,
      {{"pids_stats", {{"current", 1}}},
       {"cpu_stats",
        {{"cpu_usage", {{"total_usage", 20'000'000}}},
         {"system_cpu_usage", 10'000'000'000},
         {"online_cpus", 4}}},
       {"memory_stats",
        {{"usage", 600'000}, {"limit", container.host.value("Memory", std::int64_t{8} << 30)}}}});
}

HttpReply Engine::Delete(Container& container, const HttpRequest& request) {
  if (container.Alive()) {
    if (!request.Flag("force")) {
      return Refusal(409, "You cannot remove a running container " + container.id +
                              ". Stop the container before attempting removal or force remove");
    }
    Changed(container, "kill", {{"signal", "9"}});
    Die(container, 137, false);
  }
  Destroy(container);
  return {204, ""};
}

void Engine::Die(Container& container, int code, bool oom) {
  container.status = "exited";
  container.exit_code = code;
  container.oom = oom;
  container.pid = 0;
  container.address.clear();
  container.ports = Json::object();
  container.finished_at = clock_.Now();
  if (oom) Changed(container, "oom");
  Changed(container, "die", {{"exitCode", std::to_string(code)}});
}

void Engine::Destroy(Container& container) {
  Changed(container, "destroy");
  names_.erase(container.name);
  const std::string id = container.id;
  containers_.erase(id);
}

std::string Engine::AddContainer(const std::string& name, const StringMap& labels, bool running) {
  const std::lock_guard lock(mutex_);
  HttpRequest request;
  request.query["name"] = name;
  request.body = Json{{"Image", "busybox"},
                      {"Cmd", {"sleep", "1000000"}},
                      {"Labels", labels},
                      {"HostConfig", {{"NetworkMode", "none"}}}}
                     .dump();
  const HttpReply reply = Create(request);
  created_bodies_.pop_back();  // the records are of the client's own
  if (reply.status != 201) throw std::invalid_argument("AddContainer " + name + ": " + reply.body);
  const std::string id = Json::parse(reply.body).value("Id", std::string());
  if (running) Run(*Find(id));
  return id;
}

}  // namespace osbx::fakes::docker
