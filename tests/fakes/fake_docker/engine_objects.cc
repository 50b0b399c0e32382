// SPDX-License-Identifier: Apache-2.0
// Images, networks and volumes of the fake engine.
#include <algorithm>
#include <sstream>
#include <utility>

#include "base/base64.h"
#include "base/ids.h"
#include "fakes/fake_docker/engine.h"

namespace osbx::fakes::docker {
namespace {

StringMap LabelsOf(const Json& object) {
  const auto found = object.find("Labels");
  return found != object.end() && found->is_object() ? found->get<StringMap>() : StringMap();
}

// The part of the path between the first and, if it is there, the verb: names may hold slashes.
std::string NameIn(const std::vector<std::string>& segments, const std::string& verb) {
  std::string name;
  for (std::size_t i = 1; i < segments.size(); ++i) {
    if (i + 1 == segments.size() && segments[i] == verb) break;
    name += (name.empty() ? "" : "/") + segments[i];
  }
  return name;
}

// "user:password" of the header; empty for none.
std::string CredentialOf(const HttpRequest& request) {
  std::string text = request.Header("x-registry-auth");
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  const Json json = Json::parse(DecodeBase64(text).value_or(""), nullptr, false);
  if (!json.is_object()) return "";
  return json.value("username", std::string()) + ":" + json.value("password", std::string());
}

std::string Line(const Json& json) {
  return json.dump() + "\r\n";
}

}  // namespace

HttpReply Engine::Images(const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  const std::string name = NameIn(request.segments, "json");
  const Image* image = FindImage(name);
  if (request.method == "GET" && request.segments.back() == "json") {
    if (image == nullptr) {
      return Refusal(404, "no such image: " + name + ": No such image: " + NormalReference(name));
    }
    return JsonReply(200, {{"Id", image->id},
                           {"RepoTags", {image->reference}},
                           {"RepoDigests", Json::array()},
                           {"Os", image->shape.os},
                           {"Architecture", image->shape.architecture},
                           {"Size", 2'000'000},
                           {"Config",
                            {{"Entrypoint", image->shape.entrypoint},
                             {"Cmd", image->shape.cmd},
                             {"Labels", image->shape.labels}}}});
  }
  if (request.method != "DELETE") return Refusal(404, "page not found");
  if (image == nullptr) return Refusal(404, "No such image: " + NormalReference(name));
  for (const auto& [id, container] : containers_) {
    if (container->image_id != image->id || (request.Flag("force") && !container->Alive()))
      continue;
    if (request.Flag("force")) break;  // only untagged; the fake forgets it all the same
    return Refusal(409, "conflict: unable to remove repository reference \"" + name +
                            "\" (must force) - container " + id.substr(0, 12) +
                            " is using its referenced image");
  }
  Record("image", "untag", image->id, {{"name", image->id}});
  const std::string reference = image->reference;
  images_.erase(reference);
  return JsonReply(200, Json::array({{{"Untagged", reference}}}));
}

// Knows the changes ENTRYPOINT [] and LABEL a="b" c="d".
HttpReply Engine::Commit(const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  const Container* container = Find(request.Query("container"));
  if (container == nullptr) {
    return Refusal(404, "No such container: " + request.Query("container"));
  }
  const auto strings = [container](const char* key) {
    return container->config.value(key, Json()).is_array()
               ? container->config.at(key).get<std::vector<std::string>>()
               : std::vector<std::string>();
  };
  const std::string reference = request.Query("repo") + ":" + request.Query("tag");
  FakeImage shape{
      .entrypoint = strings("Entrypoint"), .cmd = strings("Cmd"), .labels = container->labels};
  std::istringstream changes(request.Query("changes"));
  for (std::string line; std::getline(changes, line);) {
    if (line == "ENTRYPOINT []") shape.entrypoint.clear();
    if (line.rfind("LABEL ", 0) != 0) continue;
    std::istringstream pairs(line.substr(6));
    for (std::string pair; pairs >> pair;) {
      const std::size_t equals = pair.find('=');
      if (equals == std::string::npos || pair.size() < equals + 3) continue;
      shape.labels[pair.substr(0, equals)] = pair.substr(equals + 2, pair.size() - equals - 3);
    }
  }
  const std::string id = "sha256:" + Sha256Hex(reference + container->id + RandomHex(8));
  images_[reference] = {id, reference, std::move(shape)};
  Record("container", "commit", container->id, container->labels);
  return JsonReply(201, {{"Id", id}});
}

std::optional<HttpReply> Engine::Pull(const HttpRequest& request, PullScript& out) {
  const std::string tag = request.Query("tag");
  const std::string repository = request.Query("fromImage");
  const bool digest = tag.find(':') != std::string::npos;
  const std::string reference = repository + (digest ? "@" : ":") + tag;
  const bool upper = std::any_of(repository.begin(), repository.end(),
                                 [](char c) { return c >= 'A' && c <= 'Z'; });
  if (upper) return Refusal(400, "invalid reference format: repository name must be lowercase");
  const std::lock_guard lock(mutex_);
  const std::string denial =
      "pull access denied for " + repository +
      ", repository does not exist or may require 'docker login': denied: requested access to "
      "the resource is denied";
  if (denied_.count(reference) != 0) return Refusal(404, denial);
  const auto found = pullable_.find(reference);
  if (found == pullable_.end()) {
    return Refusal(404,
                   "manifest for " + reference + " not found: manifest unknown: manifest unknown");
  }
  const auto& [shape, credential] = found->second;
  out.lines.push_back(Line({{"status", "Pulling from " + repository}, {"id", tag}}));
  if (!credential.empty() && CredentialOf(request) != credential) {
    // Credentials are looked at late: this failure comes inside the stream.
    out.lines.push_back(Line({{"errorDetail", {{"message", denial}}}, {"error", denial}}));
    return std::nullopt;
  }
  out.lines.push_back(Line({{"status", "Downloading"},
                            {"id", "layer1"},
                            {"progressDetail", {{"current", 10}, {"total", 20}}}}));
  out.lines.push_back(
      Line({{"status", "Pull complete"}, {"id", "layer1"}, {"progressDetail", Json::object()}}));
  out.lines.push_back(Line({{"status", "Status: Downloaded newer image for " + reference}}));
  images_[reference] = {"sha256:" + Sha256Hex(reference), reference, shape};
  const std::string platform = request.Query("platform");
  if (const std::size_t slash = platform.find('/'); slash != std::string::npos) {
    images_[reference].shape.os = platform.substr(0, slash);
    images_[reference].shape.architecture = platform.substr(slash + 1);
  }
  Record("image", "pull", reference, {{"name", repository}});
  return std::nullopt;
}

void Engine::AddNetwork(const std::string& name) {
  const std::lock_guard lock(mutex_);
  networks_[name] = {{"Name", name},
                     {"Id", RandomHex(32)},
                     {"Driver", name == "none"   ? "null"
                                : name == "host" ? "host"
                                                 : "bridge"},
                     {"Internal", false},
                     {"Labels", Json::object()},
                     {"IPAM", {{"Config", Json::array()}}}};
}

HttpReply Engine::Networks(const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  const auto& path = request.segments;
  if (path.size() == 1) {
    const auto filters = ParseFilters(request.Query("filters"));
    if (!filters) return Refusal(400, "invalid filters");
    Json list = Json::array();
    for (const auto& [name, network] : networks_) {
      const auto label = filters->find("label");
      if (label == filters->end() || LabelsMatch(label->second, LabelsOf(network))) {
        list.push_back(network);
      }
    }
    return JsonReply(200, list);
  }
  if (request.method == "POST") {
    const Json body = Json::parse(request.body, nullptr, false);
    if (!body.is_object()) return Refusal(500, "unexpected EOF");
    const std::string name = body.value("Name", std::string());
    if (name.empty()) return Refusal(500, "invalid name: ");
    const std::string driver = body.value("Driver", std::string("bridge"));
    if (driver != "bridge") return Refusal(404, "plugin \"" + driver + "\" not found");
    if (networks_.count(name) != 0) {
      return Refusal(409, "network with name " + name + " already exists");
    }
    const std::string subnet = "172." + std::to_string(18 + networks_.size() % 100);
    Json& network = networks_[name];
    network = {
        {"Name", name},
        {"Id", RandomHex(32)},
        {"Driver", driver},
        {"Internal", body.value("Internal", false)},
        {"Labels", body.value("Labels", StringMap())},
        {"IPAM", {{"Config", {{{"Subnet", subnet + ".0.0/16"}, {"Gateway", subnet + ".0.1"}}}}}}};
    const std::string id = network["Id"];
    Record("network", "create", id, {{"name", name}, {"type", driver}});
    return JsonReply(201, {{"Id", id}, {"Warning", ""}});
  }
  const auto found = std::find_if(networks_.begin(), networks_.end(), [&path](const auto& entry) {
    return entry.first == path[1] || entry.second["Id"] == path[1];
  });
  if (found == networks_.end()) return Refusal(404, "network " + path[1] + " not found");
  if (request.method == "GET") return JsonReply(200, found->second);
  if (found->first == "bridge" || found->first == "host" || found->first == "none") {
    return Refusal(403, found->first + " is a pre-defined network and cannot be removed");
  }
  Record("network", "destroy", found->second["Id"], {{"name", found->first}, {"type", "bridge"}});
  networks_.erase(found);
  return {204, ""};
}

HttpReply Engine::Volumes(const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  const auto& path = request.segments;
  if (path.size() == 1) {
    const auto filters = ParseFilters(request.Query("filters"));
    if (!filters) return Refusal(400, "invalid filters");
    Json list = Json::array();
    for (const auto& [name, volume] : volumes_) {
      const auto label = filters->find("label");
      if (label == filters->end() || LabelsMatch(label->second, LabelsOf(volume))) {
        list.push_back(volume);
      }
    }
    return JsonReply(200, {{"Volumes", std::move(list)}, {"Warnings", nullptr}});
  }
  if (request.method == "POST") {
    const Json body = Json::parse(request.body, nullptr, false);
    if (!body.is_object()) return Refusal(500, "unexpected EOF");
    std::string name = body.value("Name", std::string());
    if (name.empty()) name = RandomHex(32);
    if (name.find('/') != std::string::npos) {
      return Refusal(400, "create " + name + ": \"" + name +
                              "\" includes invalid characters for a local volume name");
    }
    const std::string driver = body.value("Driver", std::string("local"));
    if (driver != "local") {
      return Refusal(404, "create " + name + ": error looking up volume plugin " + driver +
                              ": plugin \"" + driver + "\" not found");
    }
    if (volumes_.count(name) == 0) {
      volumes_[name] = {{"Name", name},
                        {"Driver", driver},
                        {"Mountpoint", "/var/lib/docker/volumes/" + name + "/_data"},
                        {"Labels", body.value("Labels", StringMap())},
                        {"Options", body.value("DriverOpts", Json())},
                        {"Scope", "local"}};
    }
    Record("volume", "create", name, {{"driver", driver}});
    return JsonReply(201, volumes_[name]);
  }
  const auto found = volumes_.find(path[1]);
  if (found == volumes_.end()) {
    if (request.method == "DELETE" && request.Flag("force")) return {204, ""};
    return Refusal(404, "get " + path[1] + ": no such volume");
  }
  if (request.method == "GET") return JsonReply(200, found->second);
  for (const auto& [id, container] : containers_) {
    for (const Json& mount : container->mounts) {
      if (mount.value("Name", std::string()) == path[1]) {
        return Refusal(409, "remove " + path[1] + ": volume is in use - [" + id + "]");
      }
    }
  }
  volumes_.erase(found);
  Record("volume", "destroy", path[1], {{"driver", "local"}});
  return {204, ""};
}

}  // namespace osbx::fakes::docker
