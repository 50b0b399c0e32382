// SPDX-License-Identifier: Apache-2.0
#include "bench/engine_twin.h"

#include <sys/mount.h>

#include <filesystem>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/bench.h"
#include "drivers/mount/slot.h"
#include "reconcilers/sandbox/container_spec.h"

namespace osbx::bench {
namespace {

constexpr const char* kApi = "/v1.41/containers/";
constexpr auto kPatience = std::chrono::minutes(2);

std::string SlotName(int number) {
  return "twin-" + std::to_string(number);
}

}  // namespace

EngineTwin::EngineTwin(const std::string& id, std::string slot_root)
    : engine_(std::make_unique<docker::Transport>(
          Must(docker::ParseHost(Environment("DOCKER_HOST")), "DOCKER_HOST"))),
      slot_root_(std::move(slot_root)) {
  const Json seen = Json::parse(Call(docker::Method::kGet, id + "/json").body);
  Json body = seen["Config"];
  body["HostConfig"] = seen["HostConfig"];
  // As many, but others: osbxd must not take it for its own.
  body["Labels"] = {{"bench.a", "1"}, {"bench.b", "2"}, {"bench.c", "3"}};
  model_ = std::make_shared<const Json>(std::move(body));
  Must(mount::EnsureSharedRoot(slot_root_), slot_root_);
}

EngineTwin::~EngineTwin() {
  ::umount2(slot_root_.c_str(), MNT_DETACH);
}

docker::Response EngineTwin::Call(docker::Method method, const std::string& path,
                                  std::string body) {
  docker::Request request;
  request.method = method;
  request.body = std::move(body);
  docker::Response response = Must(engine_->Do(request, kApi + path, kPatience, {}), path);
  if (response.status >= 300) Fail(path + ": " + response.body);
  return response;
}

std::string EngineTwin::Prepare(int number) {
  Json body = *model_;
  for (Json& mount : body["HostConfig"]["Mounts"]) {
    if (mount["Target"] != reconcilers::kSlotInside) continue;
    mount["Source"] = Must(mount::EnsureSlot(slot_root_, SlotName(number)), "slot");
  }
  return body.dump();
}

std::string EngineTwin::CreateAndStart(const std::string& body) {
  const docker::Response created = Call(docker::Method::kPost, "create", body);
  std::string id = Json::parse(created.body)["Id"];
  Call(docker::Method::kPost, id + "/start");
  return id;
}

void EngineTwin::Remove(const std::string& id) {
  Call(docker::Method::kDelete, id + "?force=1&v=1");
}

double EngineTwin::RunParallel(int count) {
  std::vector<std::string> bodies;
  bodies.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) bodies.push_back(Prepare(i));
  std::vector<std::string> ids(bodies.size());
  const auto begin = Steady::now();
  InParallel(count, [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    ids[at] = CreateAndStart(bodies[at]);
  });
  const double took = MillisecondsSince(begin);
  for (const std::string& id : ids) Remove(id);
  for (int i = 0; i < count; ++i) Must(mount::RemoveSlot(slot_root_, SlotName(i)), "slot");
  return took;
}

}  // namespace osbx::bench
